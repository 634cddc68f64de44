import { setTimeout } from 'node:timers/promises'
import { pathOf } from '../../src/client/client.ts'
import type { AlertView } from '../../src/client/views/alerts.ts'
import type { PageView } from '../../src/client/views/common.ts'
import type { LeaseView } from '../../src/client/views/leases.ts'
import { callOf, callThrough, mint, send } from './play.ts'
import type { Stage } from './stage.ts'
import { expect, type Steps } from './step.ts'

const PATH = '/private/accounts'
/** So often may one's own spent token come again before somebody looks. */
const REPLAYS = 3
/** The watcher looks each second, and takes over from one that crashed after ten. */
const TOLD_MS_MAX = 30_000
const LOOK_EVERY_MS = 200

/** Who behaves like a thief is told of, and, when the owner wants it so, stopped. */
export async function quarantine(steps: Steps, stage: Stage, lease: LeaseView): Promise<void> {
  const { clerk, researcher, summarizer, keyed } = stage
  await steps.does('the owner was told who showed what was bound to others', async () => {
    for (const { uri } of [researcher, summarizer]) await alertOf(stage, uri)
    return 'anomaly.replay of the researcher and of the summarizer; so far a rule that only tells'
  })
  await steps.does('the rule is set to quarantine from now on', async () => {
    await stage.restart({ WRIT_ANOMALY_REPLAY: 'quarantine' })
    return 'WRIT_ANOMALY_REPLAY=quarantine'
  })
  const [spent = '', next = ''] = await mint(clerk, lease, keyed, 2)
  await steps.refuses(`the clerk shows a spent token ${REPLAYS} times`, 'token_used', async () => {
    const call = callOf(keyed, spent, PATH)
    expect((await send(clerk, call)).status === 200, 'not let through')
    const again = []
    for (let count = 0; count < REPLAYS; count += 1) again.push(await send(clerk, call))
    return { refusal: [...new Set(again.map(({ refusal }) => refusal))].join() }
  })
  await steps.does('the watcher suspends it, and the owner sees why', async () => {
    const { severity, facts } = await alertOf(stage, clerk.uri)
    expect(facts['quarantined'] === true, `not suspended: ${JSON.stringify(facts)}`)
    return `${severity}: ${facts['replays']} replays of ${facts['jti']}`
  })
  await steps.refuses('its next call, with a token that was good', 'suspended', () =>
    send(clerk, callOf(keyed, next, PATH)),
  )
  await steps.refuses('the clerk tries to lift it by itself', 'suspended', () =>
    clerk.order({ op: 'ask', call: { method: 'DELETE', path: suspensionOf(clerk.uri) } }),
  )
  await steps.does('the owner lifts it, and the clerk goes on', async () => {
    await stage.owner({ method: 'DELETE', path: suspensionOf(clerk.uri) })
    await callThrough(clerk, lease, keyed, PATH)
    return undefined
  })
}

function suspensionOf(agent: string): string {
  return pathOf(['v1', 'revocations', `agent:${agent}`])
}

/** The alert that this agent replays, as soon as there is one. */
async function alertOf(stage: Stage, agent: string): Promise<AlertView> {
  const path = pathOf(['v1', 'alerts'], { kind: 'anomaly.replay', subject: `agent:${agent}` })
  const end = Date.now() + TOLD_MS_MAX
  for (;;) {
    const { items } = await stage.owner<PageView<AlertView>>({ method: 'GET', path })
    const [alert] = items
    if (alert !== undefined) return alert
    expect(Date.now() < end, `nobody was told of ${agent}`)
    await setTimeout(LOOK_EVERY_MS)
  }
}
