/** What every example service is told by its environment. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { WritSettings } from '../src/middleware/express.ts'

/** The identity in a folder as `writ agent enroll --out` leaves it. */
export function identityIn(folder: string): WritSettings['identity'] {
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
  return { cert: read('agent.crt'), key: read('agent.key'), ca: read('ca.crt') }
}

/** The settings of this service; throws for what is missing. */
export function settings(): WritSettings {
  return {
    authority: env('WRIT_AGENTS_ADDR'),
    audience: env('AUDIENCE'),
    origin: env('ORIGIN'),
    identity: identityIn(env('WRIT_IDENTITY')),
  }
}

/** One variable of the environment that has to be there. */
export function env(name: string): string {
  const value = process.env[name]
  if (value === undefined || value === '') throw new Error(`Set ${name}.`)
  return value
}
