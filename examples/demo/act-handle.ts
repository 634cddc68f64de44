import { pathOf } from '../../src/client/client.ts'
import type { CreatedHandleView } from '../../src/client/views/handles.ts'
import { granted, openLease } from './play.ts'
import { scopeOf } from './scopes.ts'
import type { Stage } from './stage.ts'
import { expect, type Steps } from './step.ts'

const OK = 200

/** A handle: for what can send a header and nothing else. */
export async function useHandle(steps: Steps, stage: Stage): Promise<void> {
  const { planner, place } = stage
  let made: CreatedHandleView | undefined
  await steps.does('the planner makes a handle to a lease, for a script', async () => {
    const scope = scopeOf(place, { methods: ['GET'], paths: ['/repos/acme/x'] })
    const lease = await openLease(planner, scope)
    const body = { lease_id: lease.id, label: 'script', addresses: ['127.0.0.1/32'] }
    const call = { method: 'POST', path: '/v1/handles', body } as const
    made = granted<CreatedHandleView>(await planner.order({ op: 'ask', call }))
    stage.secret(made.handle)
    return `${made.id}, good at 127.0.0.1 alone`
  })
  if (made === undefined) throw new Error('no handle')
  const { id, handle } = made
  const get = async (path: string) => {
    const answer = await fetch(`${stage.addresses.handles}/proxy/upstream${path}`, {
      headers: { authorization: `Bearer ${handle}` },
    })
    const refusal = answer.headers.get('writ-refusal') ?? undefined
    return { status: answer.status, refusal, detail: await answer.text() }
  }
  const refused = async (path: string) => ({ refusal: (await get(path)).refusal })
  await steps.does('the script calls with the header, and with no certificate', async () => {
    const { status, refusal, detail } = await get('/repos/acme/x')
    expect(status === OK, `status ${status} ${refusal ?? ''}`)
    return detail
  })
  await steps.refuses('a path outside the scope, with the handle', 'scope_not_granted', () =>
    refused('/repos/acme/y'),
  )
  await steps.refuses('the handle as a token of the interface', 'unauthenticated', () =>
    stage.person(handle, { method: 'GET', path: '/v1/handles' }),
  )
  await steps.refuses('the handle after the planner took it back', 'revoked', async () => {
    const path = pathOf(['v1', 'handles', id, 'revoke'])
    const call = { method: 'POST', path, body: { reason: 'the script is done' } } as const
    granted(await planner.order({ op: 'ask', call }))
    return refused('/repos/acme/x')
  })
}
