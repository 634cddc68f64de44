import { pathOf } from '../../src/client/client.ts'
import type { ApprovalView, AwaitsView } from '../../src/client/views/approvals.ts'
import type { LeaseView } from '../../src/client/views/leases.ts'
import type { OperatorView } from '../../src/client/views/people.ts'
import type { ScopeRequest } from '../../src/domain/scope/types.ts'
import { granted } from './play.ts'
import { scopeOf } from './scopes.ts'
import type { Stage } from './stage.ts'
import { expect, type Steps } from './step.ts'

const WAITS = 202

/** A lease that waits for the yes of a person, which is good for exactly what was asked. */
export async function waitForOwner(steps: Steps, stage: Stage): Promise<LeaseView> {
  const { clerk, keyed } = stage
  const scope: ScopeRequest = {
    ...scopeOf(keyed, { methods: ['GET'], paths: ['/private/**'] }),
    limits: { ttl_seconds: 600, max_uses: 20 },
  }
  const ask = (asked: ScopeRequest, approval?: string) => {
    const body = { scope: asked, reason: 'the accounts of May', approval }
    return clerk.order({ op: 'ask', call: { method: 'POST', path: '/v1/leases', body } })
  }
  let question: ApprovalView | undefined
  await steps.does('the clerk asks for a lease and is told to wait', async () => {
    const asked = await ask(scope)
    expect(asked.status === WAITS, `status ${asked.status}`)
    question = granted<AwaitsView>(asked).approval
    expect(question.state === 'pending', question.state)
    return `${asked.status}, ${question.id}`
  })
  if (question === undefined) throw new Error('no question')
  const { id, digest } = question
  const approve = { method: 'POST', path: pathOf(['v1', 'approvals', id, 'approve']) } as const
  await steps.refuses(
    'an operator who says yes in the place of the owner',
    'forbidden',
    async () => {
      const operator = await stage.owner<OperatorView>({
        method: 'POST',
        path: '/v1/operators',
        body: { name: 'night-shift', role: 'operator' },
      })
      return stage.person(operator.token ?? '', { ...approve, body: { digest } })
    },
  )
  await steps.refuses('a yes to something else than was shown', 'conflict', () =>
    stage.asOwner({ ...approve, body: { digest: digest.replace(/^./, other) } }),
  )
  await steps.does('the owner looks at the question and says yes', async () => {
    const path = pathOf(['v1', 'approvals', id])
    const shown = await stage.owner<ApprovalView>({ method: 'GET', path })
    expect(shown.requester === clerk.uri, `asked by ${shown.requester}`)
    const decided = await stage.owner<ApprovalView>({
      ...approve,
      body: { digest: shown.digest },
    })
    expect(decided.state === 'approved', decided.state)
    return `unverified reason: “${shown.unverified_reason}”`
  })
  await steps.refuses('a changed request with that yes', 'approval_denied', () =>
    ask({ ...scope, limits: { ttl_seconds: 600, max_uses: 21 } }, id),
  )
  let lease: LeaseView | undefined
  await steps.does('the very same request with that yes opens the lease', async () => {
    lease = granted<LeaseView>(await ask(scope, id))
    expect(lease.state === 'live', lease.state)
    return lease.id
  })
  await steps.refuses('the same yes a second time', 'approval_denied', () => ask(scope, id))
  if (lease === undefined) throw new Error('no lease')
  return lease
}

/** Another character of the alphabet. */
function other(character: string): string {
  return character === 'A' ? 'B' : 'A'
}
