import type { Command } from 'commander'
import type { PolicyReplayView } from '../client/views/policies.ts'
import { ask } from './ask.ts'
import { EXIT } from './outcome.ts'
import { printable, printableLine } from './output.ts'
import { readSettings } from './settings.ts'

/** How often somebody who waits is told that it goes on. */
const PROGRESS_MS = 3_000

/** `writ policy replay`: a folder of candidates against what was decided lately. */
export async function replayFolder(
  folder: string,
  { limit }: { readonly limit?: number },
  command: Command,
): Promise<void> {
  const settings = readSettings(command)
  const { output } = settings
  const [{ readPolicyTexts }, { problemText }] = await Promise.all([
    import('../policy/read-folder.ts'),
    import('../policy/source.ts'),
  ])
  const read = await readPolicyTexts(folder)
  const problemLines = (problems: PolicyReplayView['problems']) =>
    problems.map((problem) => printableLine(problemText(folder, problem))).join('\n')
  if (!read.ok) {
    await output.result({ problems: read.problems }, () => problemLines(read.problems))
    process.exitCode = EXIT.denied
    return
  }
  const files = Object.fromEntries(read.files.map(({ name, text }) => [name, text]))
  const body = limit === undefined ? { files } : { files, limit }
  const began = Date.now()
  const progress = setInterval(() => {
    output.note(`replaying for ${Math.round((Date.now() - began) / 1_000)} s`)
  }, PROGRESS_MS)
  let told: PolicyReplayView
  try {
    const path = '/v1/policy/replay'
    told = await ask<PolicyReplayView>(settings.bearer(), { method: 'POST', path, body })
  } finally {
    clearInterval(progress)
  }
  await output.result(told, () =>
    told.problems.length > 0 ? problemLines(told.problems) : printable(replayText(told)),
  )
  if (told.problems.length > 0 || told.changes.length > 0) process.exitCode = EXIT.denied
}

function replayText(told: PolicyReplayView): string {
  const { records, decisions, unchanged, changes, unjudged, examples, since } = told
  return [
    `${decisions} decisions in ${records} records since ${since ?? 'ever'}: ${unchanged} unchanged`,
    ...changes.map(
      ({ event, before, after, count }) => `  ${count}  ${event}  ${before} → ${after}`,
    ),
    ...unjudged.map(({ event, why, count }) => `  ${count}  ${event}  not judged: ${why}`),
    ...examples.map(
      ({ record, event, agent, asked, before, after }) =>
        `${record.chain}/${record.sequence}  ${event}  ${agent}  ${asked}\n` +
        `    ${before.effect} (${before.policy ?? 'no policy'}) → ` +
        `${after.effect} (${after.policy || 'default'})`,
    ),
  ].join('\n')
}
