import { parseArgs } from 'node:util'
import { survive } from './survive.ts'

/** `npm run faults -- --kills 50 --seed 1 --json`: the long form of kill.test.ts. */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    json: { type: 'boolean', default: false },
  },
})
const kills = Number(values.kills)
const seed = Number(values.seed)
const survival = await survive({
  kills,
  seed,
  progress: (kill) => process.stderr.write(`\rfaults: seed ${seed}, ${kill} of ${kills} kills`),
})
process.stderr.write('\n')
const ok = Object.values(survival.violations).every((found) => found.length === 0)
const result = { ok, seed, ...survival }
process.stdout.write(`${values.json ? JSON.stringify(result) : JSON.stringify(result, null, 2)}\n`)
process.exitCode = ok ? 0 : 1
