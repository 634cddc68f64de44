import { type KeyObject, randomBytes, sign } from 'node:crypto'
import type { ScopeRequest } from '../../src/domain/scope/types.ts'
import { freshEd25519 } from '../support/fresh-keys.ts'
import { type Deployment, openDeployment, type Peer, type Seen } from '../support/http.ts'

/** Who leashes of the tests are shown to. */
export const MAIL = 'https://mail.example/'

/** Tools of the mail server under the names of LEASH. */
export const MAIL_SCOPE: ScopeRequest = {
  type: 'urn:writ:scope:v1',
  grants: [
    {
      type: 'tool',
      server: MAIL,
      tool: 'mail.drafts:write',
      arguments: { to: { constraint_type: 'exact', value: 'bob@acme.example' } },
    },
    { type: 'tool', server: MAIL, tool: 'mail:read', arguments: {} },
    { type: 'tool', server: MAIL, tool: 'mail:*', arguments: {} },
  ],
  audiences: [MAIL],
  limits: { ttl_seconds: 3600, max_uses: 'unlimited', max_depth: 0, max_children: 1 },
}

/** An agent with a key of its own, and a relying party. */
export interface LeashScene {
  readonly site: Deployment
  readonly agent: Peer
  readonly party: Peer
  readonly key: KeyObject
  readonly pubkey: string
  lease(change?: Partial<ScopeRequest>): Promise<string>
  mint(lease: string, change?: object): Promise<Seen>
  verify(envelope: unknown, audience?: string): Promise<Seen>
}

/** Opens an authority that mints leashes. */
export async function openLeashScene(): Promise<LeashScene> {
  const site = await openDeployment({ callerRequestsPerMinute: 10_000 }, { leashTokens: true })
  const { publicKey, privateKey } = freshEd25519()
  const pubkey = publicKey.export({ format: 'jwk' }).x ?? ''
  const agent = await site.enroll('mailer', { contract: MAIL_SCOPE })
  const party = await site.enroll('mail', { role: 'enforcement', contract: MAIL_SCOPE })
  return {
    site,
    agent,
    party,
    key: privateKey,
    pubkey,
    async lease(change = {}) {
      const body = { scope: { ...MAIL_SCOPE, ...change } }
      const seen = await agent.ask('POST', '/v1/leases', { body })
      if (seen.status !== 201) throw new Error(seen.text)
      return seen.json.id
    },
    mint: (lease, change = {}) =>
      agent.ask('POST', '/v1/leash/tokens', {
        body: {
          lease_id: lease,
          audience: MAIL,
          scope: ['mail.drafts:write', 'mail:read'],
          agent_pubkey: pubkey,
          ...change,
        },
      }),
    verify: (envelope, audience = MAIL) =>
      party.ask('POST', '/v1/leash/verify', { body: { audience, envelope } }),
  }
}

/** Sorted, without white space; written here once more so that two agree (RFC 8785 for texts). */
export function sortedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, one]) => `${JSON.stringify(name)}:${sortedJson(one)}`).join(',')}}`
}

/** What an envelope of a test says otherwise. */
export interface EnvelopeChange {
  readonly action?: string
  readonly args?: object
  readonly nonce?: string
  readonly timestamp?: number
}

/** An envelope as its holder makes it. */
export function envelopeOf(leash: string, key: KeyObject, change: EnvelopeChange = {}) {
  const { action = 'mail:read', args = {} } = change
  const { nonce = randomBytes(16).toString('base64url') } = change
  const { timestamp = Math.floor(Date.now() / 1000) } = change
  const signed = { leash, request: { action, args }, nonce, timestamp }
  const signature = sign(null, Buffer.from(sortedJson(signed)), key)
  return { ...signed, agent_sig: signature.toString('base64url') }
}
