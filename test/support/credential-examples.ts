import type { Deployment } from './http.ts'
import type { Example } from './http-examples.ts'

let serial = 0
const fresh = (word: string): string => {
  serial += 1
  return `${word}-${serial}`
}

/** A credential as an owner creates it. */
export function credentialBody(name: string, more: object = {}): object {
  return {
    name,
    kind: 'bearer',
    category: 'api_key',
    origins: ['https://api.github.com'],
    fields: { value: 'sk_live_canary_first_0001' },
    ...more,
  }
}

/** For each row of credentials a request that succeeds. */
export function credentialExamples({ owner }: Deployment): Record<string, () => Promise<Example>> {
  const onCredential =
    (suffix: string, body?: unknown): (() => Promise<Example>) =>
    async () => {
      const name = fresh('team/key')
      const made = await owner.ask('POST', '/v1/credentials', { body: credentialBody(name) })
      if (made.status !== 201) throw new Error(made.text)
      return { as: owner, path: `/v1/credentials/${encodeURIComponent(name)}${suffix}`, body }
    }
  return {
    'POST /v1/credentials': async () => ({
      as: owner,
      path: '/v1/credentials',
      body: credentialBody(fresh('api/key')),
    }),
    'GET /v1/credentials': async () => ({
      as: owner,
      path: '/v1/credentials?environment=production',
    }),
    'GET /v1/credentials/{name}': onCredential(''),
    'PATCH /v1/credentials/{name}': onCredential('', { state: 'disabled' }),
    'DELETE /v1/credentials/{name}': onCredential(''),
    'POST /v1/credentials/{name}/rotate': onCredential('/rotate', {
      fields: { value: 'sk_live_canary_rotated_0002' },
    }),
    'POST /v1/credentials/{name}/rollback': onCredential('/rollback', { version: 1 }),
  }
}
