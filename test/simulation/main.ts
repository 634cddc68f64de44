import { parseArgs } from 'node:util'
import { PLACES, type StoreName } from './real/place.ts'
import { simulate } from './simulate.ts'

/** `npm run -s simulate -- --runs 2000 --seed 1 --json`: the long form of simulation.test.ts. */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '2000' },
    commands: { type: 'string', default: '40' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    store: { type: 'string', default: 'sqlite' },
    path: { type: 'string' },
    'no-shrink': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
const { store } = values
if (!Object.hasOwn(PLACES, store)) throw new Error(`There is no store ${store}.`)
const [runs, commands, seed] = [Number(values.runs), Number(values.commands), Number(values.seed)]
const simulation = await simulate({
  store: store as StoreName,
  runs,
  commands,
  seed,
  path: values.path,
  shrink: !values['no-shrink'],
  progress(run) {
    if (run % 10 === 0) process.stderr.write(`\rsimulate: seed ${seed}, ${run} of ${runs} runs`)
  },
})
process.stderr.write('\n')
process.stdout.write(`${JSON.stringify(simulation, null, values.json ? 0 : 2)}\n`)
process.exitCode = simulation.divergences === 0 ? 0 : 1
