import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { ContenderName } from './contenders/port.ts'
import { withFigures } from './figures.ts'
import type { Effort } from './measure.ts'
import { drawPlots } from './plots.ts'
import { PROFILES } from './profile.ts'
import { circumstances, keep } from './results.ts'
import type { Row } from './row.ts'
import { ROWS } from './rows.ts'
import { benchContenders, EVERYBODY } from './side-by-side.ts'
import { SWEEPS } from './sweeps.ts'

/**
 * The benchmarks. Without a mode: the rows of protocol §9, status 1 when an aim is missed. Every
 * mode takes an effort and `--only=a,b`.
 */
const { values } = parseArgs({
  options: {
    sweep: { type: 'boolean', default: false },
    contenders: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    plots: { type: 'boolean', default: false },
    docs: { type: 'boolean', default: false },
    tiny: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
  },
})
const effort: Effort = values.tiny
  ? 'tiny'
  : values.quick
    ? 'quick'
    : values.full
      ? 'full'
      : 'usual'
const words = process.argv.slice(2).filter((word) => word !== '--json')
const command = ['npm run -s bench --', ...words].join(' ')
const wanted = values.only === '' ? undefined : values.only.split(',')

async function measureRows(): Promise<void> {
  const rows: Row[] = []
  for (const [name, bench] of chosen(ROWS)) {
    say(name)
    rows.push(...(await bench(effort)))
  }
  if (values.keep) keep('rows', command, rows)
  if (values.json) process.stdout.write(`${JSON.stringify(rows)}\n`)
  else {
    const { cpu, cores, node, loadBefore } = circumstances(command)
    process.stdout.write(`${cores} × ${cpu}, Node ${node}, load before ${loadBefore}\n`)
    for (const row of rows) process.stdout.write(`${textOf(row)}\n`)
  }
  process.exitCode = rows.every((row) => row.ok) ? 0 : 1
}

function textOf({ name, value, unit, baseline, ratio, aim, ok, spread, note }: Row): string {
  const range = `p25 ${spread.p25}, p75 ${spread.p75}`
  const told = note === undefined ? '' : `\n    ${note}`
  const mark = ok ? 'ok' : 'NOT MET'
  const sides = `${value} ${unit}, baseline ${baseline}`
  return `${name}: ${sides}, ratio ${ratio} (${range}; aim ${aim}) ${mark}${told}`
}

function chosen<T>(from: Readonly<Record<string, T>>): readonly (readonly [string, T])[] {
  const unknown = wanted?.find((name) => !Object.hasOwn(from, name))
  if (unknown !== undefined) {
    throw new Error(`"${unknown}" is none of ${Object.keys(from).join(', ')}`)
  }
  return Object.entries(from).filter(([name]) => wanted === undefined || wanted.includes(name))
}

function say(name: string): void {
  process.stderr.write(`bench: ${name} …\n`)
}

async function measureContenders(): Promise<void> {
  const known = Object.fromEntries(EVERYBODY.map((name) => [name, name]))
  const names = chosen<ContenderName>(known).map(([, name]) => name)
  const standings = await benchContenders(effort, names, say)
  if (values.keep) keep('contenders', command, standings)
  process.stdout.write(`${JSON.stringify(standings, null, values.json ? 0 : 2)}\n`)
}

async function measureSweeps(): Promise<void> {
  for (const [name, sweep] of chosen(SWEEPS)) {
    say(name)
    for (const [part, measured] of Object.entries(await sweep(effort))) {
      if (values.keep) keep(`sweep-${part}`, command, measured)
      process.stdout.write(`${JSON.stringify({ [part]: measured })}\n`)
    }
  }
}

async function measureProfiles(): Promise<void> {
  for (const [name, profile] of chosen(PROFILES)) {
    say(name)
    const shares = await profile(effort)
    if (values.keep) keep(`profile-${name}`, command, shares)
    for (const { group, ofAll, ofBusy, most } of shares) {
      const [all, busy] = [ofAll, ofBusy].map((each) => `${(each * 100).toFixed(1)} %`.padStart(7))
      process.stdout.write(`${all} of all ${busy} of busy  ${group.padEnd(36)}${most.join(', ')}\n`)
    }
  }
}

function writeFigures(): void {
  const file = fileURLToPath(new URL('../docs/operating/performance.md', import.meta.url))
  writeFileSync(file, withFigures(readFileSync(file, 'utf8')))
}

if (values.plots) process.stdout.write(`${(await drawPlots()).join(', ')}\n`)
if (values.docs) writeFigures()
if (values.plots || values.docs) process.exit()
if (values.profile) await measureProfiles()
else if (values.sweep) await measureSweeps()
else if (values.contenders) await measureContenders()
else await measureRows()
