import type { Command } from 'commander'
import { CHECKS } from '../doctor/checks.ts'
import type { CheckOutcome } from '../doctor/outcome.ts'
import { EXIT } from '../outcome.ts'
import { type Colour, type Output, printable } from '../output.ts'
import { addServerOptions, readServerConfig } from '../serving/server-config.ts'
import { readSettings } from '../settings.ts'

/** `writ doctor`: everything that can be looked at from here. Changes nothing. */
export function registerDoctor(doctor: Command): void {
  addServerOptions(doctor)
  doctor.action(examine)
}

async function examine(_options: unknown, command: Command): Promise<void> {
  const settings = readSettings(command)
  const surroundings = {
    settings,
    config: readServerConfig(command),
    now: new Date(),
    env: process.env,
  }
  const outcomes: CheckOutcome[] = []
  for (const check of CHECKS) outcomes.push(...(await check(surroundings)))
  const failed = outcomes.some(({ state }) => state === 'failed')
  await settings.output.result({ ok: !failed, checks: outcomes }, () =>
    outcomes.map((outcome) => line(outcome, settings.output)).join('\n'),
  )
  if (failed) process.exitCode = EXIT.failure
}

const COLOURS: Readonly<Record<CheckOutcome['state'], Colour>> = {
  ok: 'green',
  warning: 'yellow',
  failed: 'red',
  skipped: 'dim',
}

function line({ name, state, detail, remedy }: CheckOutcome, output: Output): string {
  const word = output.paint(COLOURS[state], state.padEnd(8))
  const next = remedy === undefined ? '' : `\n${' '.repeat(30)}→ ${printable(remedy)}`
  return `${word} ${name.padEnd(20)} ${printable(detail)}${next}`
}
