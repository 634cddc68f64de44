import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Row } from '../row.ts'

/** Where `npm run -s faults -- --json` is told to write. */
const FILE = fileURLToPath(new URL('../results/faults.json', import.meta.url))
/** Aim of protocol §9: fewer operations prove too little. */
const OPERATIONS_LEAST = 1_000_000

interface Faults {
  readonly violations: Readonly<Record<string, readonly unknown[] | number>>
  readonly operations?: number
  readonly answered?: number
}

/**
 * Violations of I7, I9 and I11 as the last run of the faults found them; a benchmark does not kill
 * processes. Without such a run there is no row.
 */
export async function readViolations(): Promise<readonly Row[]> {
  if (!existsSync(FILE)) return []
  const { violations, operations, answered } = JSON.parse(readFileSync(FILE, 'utf8')) as Faults
  const found = Object.values(violations).map((each) =>
    typeof each === 'number' ? each : each.length,
  )
  const value = found.reduce((sum, each) => sum + each, 0)
  const done = operations ?? answered ?? 0
  return [
    {
      name: 'violations of I7, I9, I11 under kills',
      value,
      unit: 'violations',
      baseline: done,
      ratio: done === 0 ? 0 : value / done,
      aim: `<= 0 in ${OPERATIONS_LEAST} operations`,
      ok: value === 0 && done >= OPERATIONS_LEAST,
      rounds: 1,
      spread: { p25: 0, p75: 0 },
      note: `${done} operations, from npm run faults`,
    },
  ]
}
