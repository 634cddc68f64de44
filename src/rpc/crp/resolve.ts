import { z } from 'zod'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { timeText } from '../../listener/time-text.ts'
import { isAwaiting } from '../../usecases/approvals/awaiting.ts'
import { isPeer } from '../../usecases/caller.ts'
import type { LeasedEntry } from '../../usecases/catalog/lease-entry.ts'
import {
  requireUnlocked,
  retrieveCredential,
} from '../../usecases/credentials/retrieve-credential.ts'
import { createHandle } from '../../usecases/handles/create-handle.ts'
import { releaseLease } from '../../usecases/leases/release-lease.ts'
import { mintTokens } from '../../usecases/tokens/mint-tokens.ts'
import { rpcMethod } from '../envelope.ts'
import { type CrpAsked, orAwaiting, toldBy } from './asked.ts'
import { grantedScopes, leaseView, typeOf } from './entry-lease.ts'
import { approval, context, scopes, service, ttl, type } from './params.ts'
import { leaseFor } from './use.ts'
import { valueView } from './value.ts'

const params = z.strictObject({
  service,
  scopes,
  credentialType: type.optional(),
  ttl: ttl.optional(),
  context: context.optional(),
  approvalId: approval.optional(),
})

type Given = z.output<typeof params>

/** Types of credentials that a header can carry, so that a handle can stand for them. */
const HANDLE_TYPES: readonly string[] = ['api_key', 'oauth_bearer']

/**
 * CRP 0.1, `crp/resolve`: a lease and a credential of it. The credential is a use-handle, good at
 * our gateway and within the lease alone, which a client of 0.1 sends as it would send the real
 * one; `metadata.exposure` says so. The value itself is handed out only where all four locks of
 * `retrieveCredential` are open. Types that no handle can stand for are `credential_unavailable`.
 */
export const resolve = rpcMethod<CrpAsked, typeof params>({
  name: 'crp/resolve',
  params,
  async run(asked, given) {
    const { credentialType: wanted } = given
    const reachable = asked.world.catalog.urls
    if (reachable?.gateway === undefined && reachable?.handles === undefined) {
      return refuse('method_not_allowed', { missing: 'gateway' })
    }
    const fit = wanted === undefined || HANDLE_TYPES.includes(wanted)
    if (!fit && asked.world.exposure !== 'retrieve') return noHandle()
    const leased = await leaseFor(asked, given)
    if (!leased.ok) return leased
    const resolved = await credentialFor(asked, given, leased.value)
    if (resolved.ok) return accept(answerOf(leased.value, resolved.value))
    await releaseLease(asked.world, asked.caller, { lease: leased.value.lease.id })
    return resolved
  },
})

/** A credential as it goes out, and what is told of it. */
interface Resolved {
  readonly credential: Readonly<Record<string, unknown>>
  readonly metadata: Readonly<Record<string, unknown>>
}

async function credentialFor(
  asked: CrpAsked,
  given: Given,
  leased: LeasedEntry,
): Promise<Result<Resolved>> {
  const value = await valueFor(asked, given, leased)
  if (value !== undefined) return value
  const { credentialType: wanted } = given
  const kind = wanted ?? typeOf(leased.found.credential)
  if (wanted !== undefined && !HANDLE_TYPES.includes(wanted)) return noHandle()
  return handleFor(asked, leased, kind === 'oauth_bearer' ? 'oauth_bearer' : 'api_key')
}

/** The value, where every lock is open; undefined where a handle has to do. */
async function valueFor(
  { world, caller }: CrpAsked,
  given: Given,
  { found, lease }: LeasedEntry,
): Promise<Result<Resolved> | undefined> {
  const { route, credential } = found
  if (route.credential === undefined || credential === undefined) return undefined
  const wanted = { ...route.credential, origin: route.origin }
  const asked = { lease: lease.id, audience: route.resource, wanted }
  const open = await requireUnlocked(world, caller, asked)
  // A person is asked for one thing at a time; who wants a value with a yes asks by its lease.
  if (!open.ok || open.value.need !== undefined) return undefined
  const told = toldBy(route.service, given.context)
  const opened = await retrieveCredential(world, caller, { ...asked, told })
  if (!opened.ok) return opened
  if (isAwaiting(opened.value)) return undefined
  try {
    const seconds = lease.expiresAt - lease.openedAt
    return accept({
      credential: { ...valueView(opened.value, seconds), service: route.service },
      metadata: { exposure: 'value', warning: 'Do not log or store it; use it and forget it.' },
    })
  } finally {
    opened.value.drop()
  }
}

async function handleFor(
  asked: CrpAsked,
  { found, lease }: LeasedEntry,
  kind: 'api_key' | 'oauth_bearer',
): Promise<Result<Resolved>> {
  const bearer = await bearerFor(asked, { found, lease })
  if (!bearer.ok) return bearer
  const { text, proxyBaseUrl } = bearer.value
  const { service: name } = found.route
  const credential =
    kind === 'api_key'
      ? { type: kind, key: text, value: text, header: 'Authorization', prefix: 'Bearer' }
      : {
          ...{ type: kind, token: text, value: text, tokenType: 'Bearer' },
          expiresIn: lease.expiresAt - lease.openedAt,
        }
  const metadata = { exposure: 'handle', proxyBaseUrl, singleUse: bearer.value.singleUse }
  return accept({ credential: { ...credential, service: name }, metadata })
}

/** A handle where calls by handle are taken, bound to the certificate over TLS; else a token. */
async function bearerFor(
  { world, caller }: CrpAsked,
  { found, lease }: Pick<LeasedEntry, 'found' | 'lease'>,
): Promise<Result<{ text: string; proxyBaseUrl: string; singleUse: boolean }>> {
  const { handles, gateway } = world.catalog.urls
  const { name, resource } = found.route
  if (handles !== undefined) {
    const bound = handles.startsWith('https:') && isPeer(caller) ? caller.certificate : undefined
    const made = await createHandle(world, caller, {
      lease: lease.id,
      label: 'crp',
      ttlSeconds: lease.expiresAt - lease.openedAt,
      certificate: bound,
      addresses: [],
    })
    if (!made.ok) return made
    const proxyBaseUrl = `${handles}/proxy/${name}`
    return accept({ text: made.value.text, proxyBaseUrl, singleUse: false })
  }
  const order = { lease: lease.id, audience: resource, count: 1 }
  const minted = orAwaiting(await mintTokens(world, caller, order))
  if (!minted.ok) return minted
  const text = minted.value[0]?.token ?? ''
  return accept({ text, proxyBaseUrl: `${gateway}/${name}`, singleUse: true })
}

function answerOf({ found, lease, named }: LeasedEntry, { credential, metadata }: Resolved) {
  const { route } = found
  return {
    credential,
    lease: leaseView(lease),
    service: route.service,
    grantedScopes: grantedScopes(route, lease, named),
    metadata: { provider: 'writ', resolvedAt: timeText(lease.openedAt), ...metadata },
  }
}

function noHandle(): Result<never> {
  const detail = 'No use-handle can stand for a credential of this type: ask with crp/use.'
  const reason = { pointer: '/credentialType', code: 'type', detail }
  return refuse('credential_unavailable', { reason: 'type' }, [reason])
}
