/**
 * The story of one delegation tree, with real processes: `npm run demo`, or, for one JSON object on
 * stdout, `npm run demo -- --json`. Ends with 0 only when every step held.
 */
import { waitForOwner } from './act-approval.ts'
import { verifyTrail } from './act-audit.ts'
import { shareBudget } from './act-budget.ts'
import { makeCalls, shareUses, surviveCrash } from './act-calls.ts'
import { enrollByInvitation } from './act-enroll.ts'
import { useHandle } from './act-handle.ts'
import { useUnseenKey } from './act-key.ts'
import { quarantine } from './act-quarantine.ts'
import { lookAtTheDead, revokeAgent, revokeRoot } from './act-revoke.ts'
import { enroll, growTree } from './act-tree.ts'
import { createEndings } from './endings.ts'
import { type Stage, setStage } from './stage.ts'
import { createSteps, StepFailed, type StepReport, type Steps } from './step.ts'

const json = process.argv.includes('--json')
const endings = createEndings()
const steps = createSteps(json ? () => undefined : tell)

async function play(): Promise<void> {
  let stage: Stage | undefined
  await steps.does('authority, gateway, upstream and four agents start', async () => {
    stage = await setStage(endings)
    const { api, agents, gateway } = stage.addresses
    return `${api} ${agents} ${gateway}`
  })
  if (stage === undefined) return
  await enroll(steps, stage)
  const tree = await growTree(steps, stage)
  await makeCalls(steps, stage, tree)
  await shareUses(steps, stage)
  await surviveCrash(steps, stage, tree)
  await revokeRoot(steps, stage, tree)
  await lookAtTheDead(steps, stage, tree)
  await revokeAgent(steps, stage)
  await enrollByInvitation(steps, stage)
  const approved = await waitForOwner(steps, stage)
  await useUnseenKey(steps, stage, approved)
  await shareBudget(steps, stage)
  await useHandle(steps, stage)
  await quarantine(steps, stage, approved)
  await verifyTrail(steps, stage)
}

function tell({ name, ok, ms, refusal, detail }: StepReport): void {
  const sign = ok ? (refusal === undefined ? 'ok     ' : 'refused') : 'FAILED '
  const code = refusal === undefined ? '' : ` (${refusal})`
  const more = detail === undefined ? '' : `\n         ${detail}`
  process.stdout.write(`${sign}  ${name}${code}  ${ms} ms${more}\n`)
}

function finish(all: Steps): boolean {
  const { reports } = all
  const ok = completed && reports.every((report) => report.ok)
  const refusals = reports.filter((report) => report.refusal !== undefined).length
  const verdict = ok ? 'all held' : 'FAILED'
  const summary = `${reports.length} steps, ${refusals} of them refusals: ${verdict}`
  process.stdout.write(json ? `${JSON.stringify({ ok, steps: reports })}\n` : `\n${summary}\n`)
  return ok
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void endings.run().finally(() => process.exit(130)))
}

let completed = false
try {
  await play()
  completed = true
} catch (error) {
  if (!(error instanceof StepFailed)) process.stderr.write(`${error}\n`)
} finally {
  await endings.run()
}
process.exitCode = finish(steps) ? 0 : 1
