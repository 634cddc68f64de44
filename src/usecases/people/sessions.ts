import { createHash } from 'node:crypto'
import { SESSION_NOTE_SECONDS, SESSION_SECONDS } from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { type Session, sessionStands } from '../../domain/session.ts'
import { epochSeconds } from '../../domain/time.ts'
import type { RoleCredential } from '../../store/ports.ts'
import { drawSecret, hashSecret } from '../bearer-secret.ts'
import { type Caller, requireRole } from '../caller.ts'
import { decide } from '../decide.ts'
import type { World } from '../world.ts'

/** How the secret of a session begins. */
const SESSION_SECRET = 'writ_session_'
const SHAPE = /^writ_session_[A-Za-z0-9_-]{43}$/

/**
 * A person opens a session; its secret is answered this once. With a certificate it counts only
 * where that one is shown. Refuses `forbidden`.
 */
export async function openSession(
  world: World,
  caller: Caller,
  certificate: Session['certificate'] = null,
): Promise<Result<{ readonly session: Session; readonly secret: string }>> {
  const person = requireRole(caller, 'owner', 'operator')
  if (!person.ok) return person
  const { tenant, name } = person.value
  const secret = drawSecret(SESSION_SECRET)
  const decided = await decide<Session>(world, caller, 'session.opened', async (tx, details) => {
    const expiresAt = epochSeconds(tx.now + SESSION_SECONDS)
    details.facts = certificate === null ? { expiresAt } : { expiresAt, certificate }
    const secretHash = hashSecret(secret)
    const moments = { openedAt: tx.now, usedAt: tx.now, expiresAt }
    const session = { tenant, secretHash, name, certificate, ...moments }
    await tx.insertSession(session)
    return accept(session)
  })
  const { result } = decided
  return result.ok ? accept({ session: result.value, secret }) : result
}

/** Who has this session, and until when. */
export interface SessionNow {
  readonly session: Session
  readonly credential: RoleCredential
}

/**
 * The session of a secret while it stands and its role credential does; what is unknown, over, left
 * alone and revoked looks alike: undefined. That the certificate of a session is shown is for the
 * face to see.
 */
export function readStandingSession(world: World, secret: string): Promise<SessionNow | undefined> {
  if (!SHAPE.test(secret)) return Promise.resolve(undefined)
  const hash = hashSecret(secret)
  return world.store.read(async (reads) => {
    const found = await reads.session(hash)
    if (found === undefined || found.credential.revokedAt !== null) return undefined
    if (found.session.certificate !== found.credential.certificate) return undefined
    return sessionStands(found.session, reads.now) ? found : undefined
  })
}

/** Keeps that a session was used, unless it was written down a moment ago. */
export async function noteUse(world: World, { session }: SessionNow): Promise<void> {
  if (world.store.now() < session.usedAt + SESSION_NOTE_SECONDS) return
  await world.store.noteSessionUse(session.secretHash)
}

/** Its person ends a session at once. Refuses `not_found` when it was over. */
export async function endSession(
  world: World,
  caller: Caller,
  { secret }: { readonly secret: string },
): Promise<Result<void>> {
  const decided = await decide<void>(world, caller, 'session.ended', async (tx) => {
    const found = await tx.session(hashSecret(secret))
    const own = requireRole(caller, 'owner', 'operator')
    if (!own.ok) return own
    if (found?.session.name !== own.value.name) return refuse('not_found')
    return (await tx.endSession(found.session.secretHash)) ? accept(undefined) : refuse('not_found')
  })
  return decided.result
}

/**
 * What a page has to send beside the cookie with everything that changes something: known to whom
 * the session was opened for, of no use without the cookie, and it tells nothing of the secret.
 */
export function csrfTokenOf(secret: string): string {
  return createHash('sha256').update(`writ csrf ${secret}`).digest('base64url')
}
