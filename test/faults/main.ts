import { parseArgs } from 'node:util'
import { runUnderFaults } from './run.ts'
import type { StoreKind } from './stores.ts'

/** `npm run faults -- --ops 100000 --seed 1 --json [--store sqlite|postgres]`: the long form. */
const { values } = parseArgs({
  options: {
    ops: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    store: { type: 'string', default: 'postgres' },
    json: { type: 'boolean', default: false },
  },
})
const seed = Number(values.seed)
let told = 0
const run = await runUnderFaults({
  store: values.store as StoreKind,
  operations: Number(values.ops),
  seed,
  progress(operations, survived) {
    if (Date.now() - told < 1_000) return
    told = Date.now()
    const faults = Object.entries(survived).map(([kind, n]) => `${n} ${kind}`)
    process.stderr.write(`\rfaults: seed ${seed}, ${operations} operations, ${faults.join(', ')} `)
  },
})
process.stderr.write('\n')
const ok = Object.values(run.violations).every((found) => found.length === 0)
const result = { ok, ...run }
process.stdout.write(`${values.json ? JSON.stringify(result) : JSON.stringify(result, null, 2)}\n`)
process.exitCode = ok ? 0 : 1
