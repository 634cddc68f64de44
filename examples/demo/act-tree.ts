import type { AgentView, CertificateView } from '../../src/client/views/agents.ts'
import type { LeaseView } from '../../src/client/views/leases.ts'
import type { DelegationView } from '../../src/client/views/tokens.ts'
import { callOf, delegate, granted, openLease, passOn, redeem, send } from './play.ts'
import { contractFor, scopeOf } from './scopes.ts'
import type { Stage } from './stage.ts'
import { expect, type Steps } from './step.ts'

/** The leases of the first tree: planner → researcher → summarizer. */
export interface Tree {
  readonly root: LeaseView
  readonly child: LeaseView
  readonly grandchild: LeaseView
}

/** Enrolls the three agents, each with a key made in its own process. */
export async function enroll(steps: Steps, stage: Stage): Promise<void> {
  for (const agent of [stage.planner, stage.researcher, stage.summarizer]) {
    await steps.does(`the owner enrolls the ${agent.name}, whose key stays with it`, async () => {
      const { csr } = await agent.order({ op: 'request', uri: agent.uri })
      const enrolled = await stage.owner<AgentView & CertificateView>({
        method: 'POST',
        path: '/v1/agents',
        body: { name: agent.name, csr, contract: contractFor(stage) },
      })
      expect(enrolled.uri === agent.uri, `enrolled as ${enrolled.uri}`)
      const { certificate, ca } = enrolled
      const { agents, gateway } = stage.addresses
      await agent.order({ op: 'equip', certificate, ca, agents, gateway })
      return enrolled.uri
    })
  }
}

/** Grows the tree, and shows what may not grow. */
export async function growTree(steps: Steps, stage: Stage): Promise<Tree> {
  const { planner, place } = stage
  let root: LeaseView | undefined
  await steps.does('the planner opens a root lease', async () => {
    root = await openLease(planner, {
      ...scopeOf(place, { methods: ['GET'], paths: ['/repos/acme/**', '/stream/**', '/echo'] }),
      limits: { ttl_seconds: 600, max_uses: 100, max_depth: 2 },
      delegation: { allowed: true, delegates: [stage.researcher.uri, stage.summarizer.uri] },
    })
    expect(root.depth === 0 && root.state === 'live', 'not a live root')
    return root.id
  })
  if (root === undefined) throw new Error('no root')
  const child = await growChild(steps, stage, root)
  const grandchild = await growGrandchild(steps, stage, child)
  return { root, child, grandchild }
}

async function growChild(steps: Steps, stage: Stage, root: LeaseView): Promise<LeaseView> {
  const { planner, researcher, summarizer, place } = stage
  const part = scopeOf(place, {
    methods: ['GET'],
    paths: ['/repos/acme/**', '/stream/**', '/echo'],
  })
  await steps.refuses('a wider path at the first hop', 'not_narrower', () => {
    const wider = scopeOf(place, { methods: ['GET'], paths: ['/repos/**'] })
    return refusalOf(delegate(planner, root, researcher, wider))
  })
  await steps.refuses('a child that would outlive its parent', 'not_narrower', () =>
    refusalOf(delegate(planner, root, researcher, { ...part, limits: { ttl_seconds: 601 } })),
  )
  await steps.refuses('an agent the root does not name', 'delegate_not_allowed', () =>
    refusalOf(delegate(planner, root, planner, part)),
  )
  const { token } = granted<DelegationView>(await delegate(planner, root, researcher, part))
  await steps.refuses('the wrong agent redeems a delegation', 'holder_binding_failed', () =>
    refusalOf(redeem(summarizer, token)),
  )
  await steps.refuses('a delegation token at the gateway', 'token_kind', () =>
    send(researcher, callOf(place, token, '/echo')),
  )
  let child: LeaseView | undefined
  await steps.does('the researcher redeems its delegation', async () => {
    child = granted<LeaseView>(await redeem(researcher, token))
    expect(child.parent_id === root.id && child.depth === 1, 'not a child of the root')
    expect(child.expires_at <= root.expires_at, 'I3: outlives its parent')
    return child.id
  })
  await steps.refuses('the same delegation a second time', 'token_used', () =>
    refusalOf(redeem(researcher, token)),
  )
  if (child === undefined) throw new Error('no child')
  return child
}

async function growGrandchild(steps: Steps, stage: Stage, child: LeaseView): Promise<LeaseView> {
  const { researcher, summarizer, place } = stage
  await steps.refuses('another method at the second hop', 'not_narrower', () => {
    const wider = scopeOf(place, { methods: ['GET', 'POST'], paths: ['/repos/acme/x'] })
    return refusalOf(delegate(researcher, child, summarizer, wider))
  })
  const part = scopeOf(place, {
    methods: ['GET'],
    paths: ['/repos/acme/x', '/stream/**', '/echo'],
  })
  let grandchild: LeaseView | undefined
  await steps.does('the researcher passes a part on to the remote summarizer', async () => {
    grandchild = await passOn(researcher, child, summarizer, part)
    expect(grandchild.depth === 2, `depth ${grandchild.depth}`)
    return grandchild.id
  })
  if (grandchild === undefined) throw new Error('no grandchild')
  const leaf = grandchild
  await steps.refuses('one hop deeper than the root allows', 'depth_exceeded', () =>
    refusalOf(delegate(summarizer, leaf, researcher, part)),
  )
  return grandchild
}

/** Keeps the refusal of an answer. */
async function refusalOf(
  asked: ReturnType<typeof delegate>,
): Promise<{ readonly refusal: string | undefined; readonly detail?: string }> {
  const { refusal, value } = await asked
  const { reasons = [] } = value as { readonly reasons?: readonly { readonly pointer: string }[] }
  const [first] = reasons
  return first === undefined ? { refusal } : { refusal, detail: first.pointer }
}
