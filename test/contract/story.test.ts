import { describe, expect, it } from 'vitest'
import { permits } from '../../src/domain/scope/permit.ts'
import { provesWithin } from '../../src/domain/scope/prove.ts'
import { within } from '../../src/domain/scope/subset.ts'
import { buildDocument } from '../../src/http/document.ts'
import {
  CALL,
  CHILD,
  CHILD_SCOPE,
  CONTRACT_SCOPE,
  COST,
  PLANNER,
  ROOT,
  ROOT_SCOPE,
  SETTLED,
  WORKER,
} from '../../src/http/examples/cast.ts'
import { STORY } from '../../src/http/examples/story.ts'
import { OPEN_ROUTES } from '../../src/http/public.ts'
import { ROUTES } from '../../src/http/route-table.ts'

interface Media {
  readonly example?: unknown
}
type Content = Readonly<Record<string, Media>>
interface Operation {
  readonly requestBody?: { readonly content?: Content }
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>
}

const document = buildDocument(ROUTES, OPEN_ROUTES)
/** Every example of every operation, as text, by the operation. */
const told = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
  Object.entries(item as Readonly<Record<string, Operation>>).map(([method, operation]) => {
    const { requestBody, responses } = operation
    const bodies = [requestBody, ...Object.values(responses)].flatMap((body) =>
      Object.values(body?.content ?? {}).map(({ example }) => example),
    )
    return [`${method.toUpperCase()} ${path}`, JSON.stringify(bodies)] as const
  }),
)

function answerOf<T>(name: string, status = 200): T {
  return STORY[name]?.answers?.[status] as T
}

describe('the examples of the document are one story', () => {
  it('I4: the worker gets a part of what the planner has, and that of its contract', () => {
    for (const [child, parent] of [
      [ROOT_SCOPE, CONTRACT_SCOPE],
      [CHILD_SCOPE, ROOT_SCOPE],
    ] as const) {
      expect(within(child, parent)).toMatchObject({ within: true })
      expect(provesWithin(child, parent)).toBe(true)
      expect(within(parent, child).within).toBe(false)
    }
  })

  it('the call that is made is one that both leases permit', () => {
    expect(permits(CHILD_SCOPE, CALL)).toMatchObject({ permitted: true })
    expect(permits(ROOT_SCOPE, CALL)).toMatchObject({ permitted: true })
  })

  it.each(told)('%s names no other lease and no other agent', (_, text) => {
    const leases = new Set(text.match(/lease_[A-Za-z0-9_-]{22}/g))
    expect([...leases].filter((id) => id !== ROOT && id !== CHILD)).toEqual([])
    const agents = new Set(text.match(/spiffe:\/\/[^"*]*\/agent\/[^"*\\]+/g))
    expect([...agents].filter((uri) => uri !== PLANNER && uri !== WORKER)).toEqual([])
  })

  it('every chapter is an operation there is, and an answer it may have', () => {
    for (const [name, { answers = {} }] of Object.entries(STORY)) {
      const [method = '', path = ''] = name.split(' ')
      const item = document.paths?.[path] as Readonly<Record<string, Operation>> | undefined
      const operation = item?.[method.toLowerCase()]
      expect(operation, name).toBeDefined()
      const statuses = Object.keys(operation?.responses ?? {})
      expect(statuses, name).toEqual(expect.arrayContaining(Object.keys(answers)))
    }
  })

  it('I11: what was reserved is settled within it, and the budget tells the same', () => {
    const [cost, settled] = [COST[0].amount, SETTLED[0].amount]
    expect(settled).toBeLessThanOrEqual(cost)
    const { items } = answerOf<{ items: readonly Record<string, number>[] }>(
      'GET /v1/leases/{id}/budgets',
    )
    const [budget] = CHILD_SCOPE.limits.budgets
    expect(items[0]).toMatchObject({
      amount: budget?.amount,
      spent: settled,
      reserved: 0,
      remaining: (budget?.amount ?? 0) - settled,
    })
  })

  it('I3: the child ends before its parent, and the revocation comes while both live', () => {
    const { items } = answerOf<{ items: readonly { opened_at: string; expires_at: string }[] }>(
      'GET /v1/leases/{id}/tree',
    )
    const [root, child] = items
    const order = [
      root?.opened_at,
      child?.opened_at,
      answerOf<{ at: string }>('GET /v1/receipts/{jti}').at,
      answerOf<{ revoked_at: string }>('POST /v1/leases/{id}/revoke').revoked_at,
      child?.expires_at,
      root?.expires_at,
    ]
    expect(order).toEqual([...new Set(order)].toSorted())
  })
})
