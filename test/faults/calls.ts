import { request } from 'undici'
import type { Client } from '../../src/client/client.ts'
import { type Deployment, type Member, RESOURCE } from './deployment.ts'

/** What became of one presentation; `unknown` when no answer came. */
export type Presented = 'spent' | 'unknown' | `refused:${string}`

/** Asks the API and throws unless it says yes. */
export async function must<T>(client: Client, path: string, body: unknown): Promise<T> {
  const answer = await client.call<T>({ method: 'POST', path, body })
  if (answer.ok) return answer.value
  throw new Error(`${path}: ${JSON.stringify(answer.problem)}`)
}

/** Opens a root lease with everything the contract allows. */
export async function openLease(
  member: Member,
  scope: Deployment['scope'],
  uses: number | 'unlimited' = 'unlimited',
): Promise<string> {
  const body = { scope: { ...scope, limits: { ...scope.limits, max_uses: uses } } }
  const { id } = await must<{ id: string }>(member.api, '/v1/leases', body)
  return id
}

/** Mints call tokens, at most 64. */
export async function mint(
  member: Member,
  lease: string,
  count: number,
): Promise<readonly string[]> {
  const body = { lease_id: lease, audience: RESOURCE, count, ttl_seconds: 300 }
  const { tokens } = await must<{ tokens: { token: string }[] }>(member.api, '/v1/tokens', body)
  return tokens.map(({ token }) => token)
}

/**
 * Presents a token for one path; tells only what an answer said. `host` is what the call names where
 * that is not the port it goes to, as behind a balancer.
 */
export async function present(
  member: Member,
  gateway: string,
  token: string,
  path: string,
  host?: string,
): Promise<Presented> {
  try {
    const { statusCode, headers, body } = await request(`${gateway}/count${path}`, {
      dispatcher: member.calls,
      headers: { authorization: `Bearer ${token}`, ...(host === undefined ? {} : { host }) },
      headersTimeout: 10_000,
    })
    await body.dump()
    const refusal = headers['writ-refusal']
    if (refusal !== undefined) return `refused:${String(refusal)}`
    return statusCode === 200 ? 'spent' : 'unknown'
  } catch {
    return 'unknown'
  }
}
