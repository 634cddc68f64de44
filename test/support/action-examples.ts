import { admissionFor } from '../../src/compose/calls.ts'
import type { ActionGateway } from '../../src/usecases/actions/action-desk.ts'
import { AUDIENCE, CONTRACT, type Deployment, type Peer } from './http.ts'
import { CALL, type Example, NO_LEASE, openLease } from './http-examples.ts'

/** A gateway that admits, and stands for its upstream. */
function standIn({ world }: Deployment, refusal?: string): ActionGateway {
  const admit = admissionFor(world, AUDIENCE)
  return {
    async send({ token, peer, method, path }) {
      const request = { type: 'http', method, target: `https://api.github.com${path}` } as const
      const admitted = await admit({ token, peer, request, requestId: world.ids.request() })
      if (!admitted.ok) throw new Error(admitted.refusal.code)
      const headers = refusal === undefined ? {} : { 'writ-refusal': refusal }
      return { kind: 'answered', status: 200, headers, body: Buffer.from('done') }
    },
  }
}

/** An agent that may have calls made for it. */
async function actor(site: Deployment, name: string): Promise<Peer> {
  const agent = await site.enroll(name)
  const body = { contract: CONTRACT, terms: { actions: true } }
  await site.owner.ask('PUT', `/v1/agents/${name}/contract`, { body })
  return agent
}

let serial = 0

async function actionOf(site: Deployment, refusal?: string): Promise<Example> {
  site.world.actions?.offer(standIn(site, refusal))
  serial += 1
  const as = await actor(site, `actor-${serial}`)
  const path = new URL(CALL.target).pathname
  const body = { lease_id: await openLease(as), route: 'up', method: 'GET', path }
  return { as, path: '/v1/actions', body }
}

/** A request of the rows of actions that succeeds. */
export function actionExamples(site: Deployment): Record<string, () => Promise<Example>> {
  return { 'POST /v1/actions': () => actionOf(site) }
}

/** An action that is answered with this status; undefined where any call may be. */
export async function actionAnswered(
  site: Deployment,
  status: number,
): Promise<Example | undefined> {
  if (status === 202) {
    const asked = await actionOf(site)
    const name = `actor-${serial}`
    const body = { contract: CONTRACT, terms: { actions: true, approval_mode: 'per_request' } }
    await site.owner.ask('PUT', `/v1/agents/${name}/contract`, { body })
    return asked
  }
  if (status === 405) {
    const asked = await actionOf(site)
    return { ...asked, body: { ...(asked.body as object), method: 'CONNECT' } }
  }
  const refusal = REFUSED[status]
  return refusal === undefined ? undefined : actionOf(site, refusal)
}

const REFUSED: Readonly<Record<number, string>> = {
  402: 'budget_exhausted',
  502: 'upstream_unreachable',
  504: 'upstream_timeout',
}

/** A request for what is not there. */
export function missingActions(as: Peer): Record<string, Example> {
  const body = { lease_id: NO_LEASE, route: 'up', method: 'GET', path: '/a' }
  return { 'POST /v1/actions': { as, path: '/v1/actions', body } }
}
