import { type Cast, type Example, openLease } from './http-examples.ts'

/** For each row of handles a request that succeeds. */
export function handleExamples({ planner }: Cast): Record<string, () => Promise<Example>> {
  const make = async () => ({ lease_id: await openLease(planner), label: 'ci' })
  return {
    'POST /v1/handles': async () => ({ as: planner, path: '/v1/handles', body: await make() }),
    'GET /v1/handles': async () => {
      const { lease_id: lease } = await make()
      return { as: planner, path: `/v1/handles?lease_id=${lease}` }
    },
    'POST /v1/handles/{id}/revoke': async () => {
      const made = await planner.ask('POST', '/v1/handles', { body: await make() })
      const path = `/v1/handles/${made.json.id}/revoke`
      return { as: planner, path, body: { reason: 'leaked' } }
    },
  }
}
