import { setTimeout } from 'node:timers/promises'
import { pathOf } from '../../src/client/client.ts'
import type { LeaseView, TreeView } from '../../src/client/views/leases.ts'
import type { RevokedView } from '../../src/client/views/revocations.ts'
import type { Tree } from './act-tree.ts'
import { askTokens, callOf, granted, mint, openLease, passOn, revokeLease, send } from './play.ts'
import { scopeOf } from './scopes.ts'
import type { Stage } from './stage.ts'
import { expect, type Steps } from './step.ts'

/** How long a revoked stream may still run. */
const CUT_MS_MAX = 100
/** Past the end of a lease by more than timers are early. */
const LATE_MS = 50

/** I9: one row ends the tree, the tokens that are out, and the stream that is open. */
export async function revokeRoot(steps: Steps, stage: Stage, tree: Tree): Promise<void> {
  const { planner, researcher, summarizer, place } = stage
  const [streaming = '', unspent = ''] = await mint(summarizer, tree.grandchild, place, 2)
  const [sibling = ''] = await mint(researcher, tree.child, place)
  await steps.does('the grandchild streams from the upstream', async () => {
    const call = callOf(place, streaming, '/stream/slow')
    const { status, refusal } = await summarizer.order({ op: 'stream', call })
    expect(status === 200, `status ${status} ${refusal ?? ''}`)
    return undefined
  })
  await steps.does(`the planner revokes the root, and the stream is cut`, async () => {
    const revoked = await revokeLease(planner, tree.root)
    granted<RevokedView>(revoked)
    const end = await summarizer.order({ op: 'streamEnd' })
    const fromAnswer = end.at - revoked.at
    expect(end.cut && end.bytes > 0, 'the stream ended by itself')
    expect(fromAnswer <= CUT_MS_MAX, `I9: cut ${fromAnswer} ms after the answer`)
    const fromAsking = end.at - revoked.askedAt
    const times = `${fromAsking} ms after it was asked, ${fromAnswer} ms after the answer`
    return `cut ${times}; one row for the whole tree`
  })
  await steps.refuses('the next call of the grandchild', 'revoked', () =>
    send(summarizer, callOf(place, unspent, '/repos/acme/x')),
  )
  await steps.refuses('a token of the child that was already out', 'revoked', () =>
    send(researcher, callOf(place, sibling, '/repos/acme/x')),
  )
  await steps.refuses('a new token below the revoked root', 'revoked', () =>
    askTokens(summarizer, tree.grandchild, place),
  )
}

/** What the command shows of the dead tree, and of a lease whose time is over. */
export async function lookAtTheDead(steps: Steps, stage: Stage, tree: Tree): Promise<void> {
  const { planner, place } = stage
  await steps.does('the tree on the command line says revoked at every lease', async () => {
    const { items } = JSON.parse(await stage.writ('tree', tree.root.id, '--json')) as TreeView
    expect(items.length === 3, `${items.length} leases`)
    expect(
      items.every(({ state }) => state === 'revoked'),
      'not all are revoked',
    )
    return (await stage.writ('tree', tree.root.id)).trimEnd()
  })
  await steps.refuses('a token from a lease that has reached its end', 'expired', async () => {
    const scope = scopeOf(place, { methods: ['GET'], paths: ['/echo'] })
    const lease = await openLease(planner, { ...scope, limits: { ttl_seconds: 1 } })
    await setTimeout(Math.max(0, Date.parse(lease.expires_at) - Date.now()) + LATE_MS)
    return askTokens(planner, lease, place)
  })
}

/** The certificate checks of a connection are done again for every request on it. */
export async function revokeAgent(steps: Steps, stage: Stage): Promise<void> {
  const { planner, researcher, place } = stage
  const part = scopeOf(place, { methods: ['GET'], paths: ['/repos/acme/x'] })
  const root = await openLease(planner, {
    ...part,
    limits: { max_uses: 20, max_depth: 1 },
    delegation: { allowed: true, delegates: [researcher.uri] },
  })
  const lease: LeaseView = await passOn(planner, root, researcher, part)
  const tokens = await mint(researcher, lease, place, 4)
  const keep = async (index: number) => {
    const call = callOf(place, tokens[index] ?? '', '/repos/acme/x')
    const sent = await researcher.order({ op: 'keep', call })
    expect(sent.connections === 1, `${sent.connections} connections were opened`)
    return sent
  }
  const subject = `agent:${researcher.uri}`
  await steps.does('the researcher calls on a connection it keeps', async () => {
    expect((await keep(0)).status === 200, 'not let through')
    return undefined
  })
  await steps.refuses('the same connection while its agent is suspended', 'suspended', async () => {
    await decree(stage, subject, 'suspended')
    return keep(1)
  })
  await steps.does('the suspension is lifted, and the connection is good again', async () => {
    await stage.owner({ method: 'DELETE', path: pathOf(['v1', 'revocations', subject]) })
    expect((await keep(2)).status === 200, 'not let through')
    return undefined
  })
  await steps.refuses('the same connection after its agent is revoked', 'revoked', async () => {
    await decree(stage, subject, 'revoked')
    return keep(3)
  })
}

function decree(stage: Stage, subject: string, effect: 'revoked' | 'suspended'): Promise<unknown> {
  const body = { subject, effect, reason: 'the demo' }
  return stage.owner({ method: 'POST', path: '/v1/revocations', body })
}
