import { TLSSocket } from 'node:tls'
import { enrollmentState } from '../domain/enrollment.ts'
import { DEFAULT_TENANT } from '../domain/ids.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import { peerIdentity } from '../pki/peer-identity.ts'
import { requireUsable } from '../usecases/agents/agent-standing.ts'
import { hashSecret } from '../usecases/bearer-secret.ts'
import type { Caller } from '../usecases/caller.ts'
import { COLLECT_SECRET, ENROLLMENT_TOKEN } from '../usecases/enrollment/enrollments.ts'
import type { World } from '../usecases/world.ts'
import { certificateOf, identifyBrowser } from './browser-session.ts'
import type { HttpContext } from './context.ts'
import type { GuessingGuard } from './guessing.ts'
import { noiseKey } from './rate-limit.ts'

/** Tells who asks, from this listener's one kind of proof; asked anew for every request. */
export type Identify = (c: HttpContext) => Promise<Result<Caller>>

const BEARER = /^Bearer ([A-Za-z0-9_-]{32,128})$/i

/**
 * The `api` listener: an owner or operator by bearer token (RFC 6750 §2.1), looked up by its
 * SHA-256, or by the session of a browser where there is no `Authorization` at all; and who is on
 * the way in, by a one-time secret of enrollment. No header ever names a certificate here. Refuses
 * `unauthenticated` alike for no token, an unknown one, one that is used up and a revoked one.
 */
export function identifyPerson(world: World, guesses: GuessingGuard): Identify {
  return async (c) => {
    const authorization = c.req.header('authorization')
    if (authorization === undefined) return identifyBrowser(world, c)
    const token = BEARER.exec(authorization)?.[1]
    if (token === undefined) return refuse('unauthenticated')
    if (token.startsWith(ENROLLMENT_TOKEN)) return identifyNewcomer(world, guesses, c, token)
    if (token.startsWith(COLLECT_SECRET)) return identifyRegistrant(world, guesses, c, token)
    return callerOfRoleToken(world, c, token)
  }
}

/** The owner or operator of a role token; refuses `unauthenticated`. */
export async function callerOfRoleToken(
  world: World,
  c: HttpContext,
  token: string,
): Promise<Result<Caller>> {
  const hash = hashSecret(token)
  const credential = await world.store.read((reads) => reads.roleCredential(hash))
  if (credential === undefined || credential.revokedAt !== null) return refuse('unauthenticated')
  const { tenant, name, role: kind } = credential
  return accept({ kind, tenant, name, request: c.get('requestId') })
}

/**
 * The owner or operator whose certificate the connection shows; refuses `unauthenticated` for one
 * that nobody was registered with, whoever signed it, and `certificate_expired`.
 */
export async function callerOfCertificate(world: World, c: HttpContext): Promise<Result<Caller>> {
  const shown = certificateOf(world, c)
  if (!shown.ok) return shown
  const credential = await world.store.read((reads) =>
    reads.roleCredentialOfCertificate(shown.value),
  )
  if (credential === undefined || credential.revokedAt !== null) return refuse('unauthenticated')
  const { tenant, name, role: kind } = credential
  return accept({ kind, tenant, name, request: c.get('requestId') })
}

/**
 * An invited agent by its one-time token. Unknown, used and ended tokens look alike, and count
 * against the address that shows them (LEASHX-08); a blocked address is not even looked up.
 */
async function identifyNewcomer(
  world: World,
  guesses: GuessingGuard,
  c: HttpContext,
  token: string,
): Promise<Result<Caller>> {
  const address = addressOf(c)
  const may = guesses.attempt(address)
  if (!may.ok) return may
  const hash = hashSecret(token)
  const found = await world.store.read(async (reads) => {
    const enrollment = await reads.enrollmentOfToken(hash)
    const open = enrollment !== undefined && enrollmentState(enrollment, reads.now) === 'open'
    return open ? enrollment : undefined
  })
  if (found === undefined) {
    guesses.miss(address)
    return refuse('unauthenticated')
  }
  const { tenant, id: enrollment } = found
  return accept({ kind: 'newcomer', tenant, enrollment, request: c.get('requestId') })
}

/** One who registered, by its collect secret; a wrong one counts like a wrong token. */
async function identifyRegistrant(
  world: World,
  guesses: GuessingGuard,
  c: HttpContext,
  secret: string,
): Promise<Result<Caller>> {
  const address = addressOf(c)
  const may = guesses.requireUnblocked(address)
  if (!may.ok) return may
  const hash = hashSecret(secret)
  const found = await world.store.read((reads) => reads.registrationOfSecret(hash))
  if (found === undefined) {
    guesses.miss(address)
    return refuse('unauthenticated')
  }
  const { tenant, id: registration } = found
  return accept({ kind: 'registrant', tenant, registration, request: c.get('requestId') })
}

function addressOf(c: HttpContext): string {
  return noiseKey(c.env?.incoming?.socket.remoteAddress)
}

/**
 * The mTLS listener: an agent or enforcement point by the certificate of its connection (I8), which
 * has to be valid now, and by its row, against which nothing may stand. No header is read.
 * Refusals: `unauthenticated` for strangers,
 * `certificate_expired`, `revoked`, `suspended`.
 */
export function identifyPeer(world: World): Identify {
  return (c) =>
    world.store.read(async (reads) => {
      const socket = c.env?.incoming?.socket
      if (!(socket instanceof TLSSocket)) return refuse('unauthenticated')
      const { trustDomain, federation } = world
      const bundles = federation?.bundles()
      const peer = peerIdentity(socket, { trustDomain, bundles, now: reads.now })
      if (!peer.ok) return peer
      const { uri, certificate } = peer.value
      const agent = await reads.agent(DEFAULT_TENANT, uri)
      if (agent === undefined) return refuse('unauthenticated', { peer: uri })
      const usable = await requireUsable(reads, agent, certificate)
      if (!usable.ok) return usable
      const request = c.get('requestId')
      return accept({ kind: agent.role, tenant: agent.tenant, request, uri, certificate })
    })
}
