import type { Tree } from './act-tree.ts'
import { askTokens, callOf, callThrough, mint, openLease, passOn, redeem, send } from './play.ts'
import { scopeOf } from './scopes.ts'
import type { Stage } from './stage.ts'
import { expect, type Steps } from './step.ts'

/** Calls through the gateway: the one that is meant, and those that are not. */
export async function makeCalls(steps: Steps, stage: Stage, tree: Tree): Promise<void> {
  const { summarizer, researcher, place } = stage
  const leaf = tree.grandchild
  const [used = '', stolen = '', outside = '', other = '', kind = ''] = await mint(
    summarizer,
    leaf,
    place,
    5,
  )
  await steps.does('the summarizer reads the repository through the gateway', async () => {
    const sent = await send(summarizer, callOf(place, used, '/repos/acme/x'))
    expect(sent.status === 200, `status ${sent.status} ${sent.refusal ?? ''}`)
    return sent.text
  })
  await steps.does('nothing of the token or the certificate reaches the upstream', async () => {
    const { text } = await callThrough(summarizer, leaf, place, '/echo')
    expect(!/authorization|cookie|x-forwarded|client-cert/i.test(text), `passed on: ${text}`)
    expect(!text.includes('eyJ') && !text.includes('spiffe:'), `passed on: ${text}`)
    return text
  })
  await steps.refuses('the same call token again', 'token_used', () =>
    send(summarizer, callOf(place, used, '/repos/acme/x')),
  )
  await steps.refuses('a stolen token over another certificate', 'holder_binding_failed', () =>
    send(researcher, callOf(place, stolen, '/repos/acme/x')),
  )
  await steps.refuses('a path outside the scope', 'scope_not_granted', () =>
    send(summarizer, callOf(place, outside, '/repos/acme/y')),
  )
  await steps.refuses('a method outside the scope', 'scope_not_granted', () =>
    send(summarizer, callOf(place, other, '/repos/acme/x', 'POST')),
  )
  await steps.refuses('a call token where a delegation is redeemed', 'token_kind', () =>
    redeem(summarizer, kind),
  )
  await steps.refuses('a token for an audience outside the scope', 'audience_mismatch', () =>
    askTokens(summarizer, leaf, { ...place, audience: 'https://elsewhere.example' }),
  )
}

const SHARED_USES = 3

/** I11: siblings that call at the same moment share the limit of the lease above them. */
export async function shareUses(steps: Steps, stage: Stage): Promise<void> {
  const { planner, researcher, summarizer, place } = stage
  const part = scopeOf(place, { methods: ['GET'], paths: ['/repos/acme/x'] })
  const refused = 'two siblings at once spend no more than the uses above them'
  await steps.refuses(refused, 'uses_exhausted', async () => {
    const root = await openLease(planner, {
      ...part,
      limits: { max_uses: SHARED_USES, max_depth: 1 },
      delegation: { allowed: true, delegates: ['spiffe://demo.writ/agent/**'] },
    })
    const attempts = await Promise.all(
      [researcher, summarizer].map(async (agent) => {
        const lease = await passOn(planner, root, agent, part)
        const tokens = await mint(agent, lease, place, SHARED_USES)
        return { agent, calls: tokens.map((token) => callOf(place, token, '/repos/acme/x')) }
      }),
    )
    const sent = await Promise.all(
      attempts.map(({ agent, calls }) => agent.order({ op: 'send', calls })),
    )
    const answers = sent.flat()
    const through = answers.filter(({ status }) => status === 200).length
    expect(through === SHARED_USES, `I11: ${through} calls went through, not ${SHARED_USES}`)
    const refusals = new Set(answers.flatMap(({ refusal }) => refusal ?? []))
    return {
      refusal: [...refusals].join(),
      detail: `${through} of ${answers.length} calls went through`,
    }
  })
}

/** I7 and I9 hold across a crash: the store answers only what is on disk. */
export async function surviveCrash(steps: Steps, stage: Stage, tree: Tree): Promise<void> {
  const { summarizer, place } = stage
  const [token = ''] = await mint(summarizer, tree.grandchild, place)
  const call = callOf(place, token, '/repos/acme/x')
  await steps.does('a token is spent, and the authority is killed at once', async () => {
    const sent = await send(summarizer, call)
    expect(sent.status === 200, `status ${sent.status} ${sent.refusal ?? ''}`)
    await stage.crashAndRestart()
    return 'SIGKILL, then a new process on the same data'
  })
  await steps.refuses('the spent token after the crash', 'token_used', () => send(summarizer, call))
  await steps.does('the tree lives on after the crash', async () => {
    await callThrough(summarizer, tree.grandchild, place, '/repos/acme/x')
    return undefined
  })
}
