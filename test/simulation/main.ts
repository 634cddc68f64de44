import { parseArgs } from 'node:util'
import { startCluster } from '../support/postgres-cluster.ts'
import { type Places, postgresPlaces, sqlitePlaces } from './real/place.ts'
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
const [runs, commands, seed] = [Number(values.runs), Number(values.commands), Number(values.seed)]
const places = await placesOf(store)
const simulation = await simulate({
  places,
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
process.stdout.write(`${JSON.stringify({ store, ...simulation }, null, values.json ? 0 : 2)}\n`)
process.exitCode = simulation.divergences === 0 ? 0 : 1
await places.close()

/** PostgreSQL does not wait for the disk here: no run ends in the middle of a commit. */
async function placesOf(name: string): Promise<Places> {
  if (name === 'sqlite') return sqlitePlaces()
  if (name !== 'postgres') throw new Error(`There is no store ${name}.`)
  return postgresPlaces(await startCluster({ settings: ['fsync=off'] }))
}
