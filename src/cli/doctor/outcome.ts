import type { Config } from '../../settings/config.ts'
import type { Settings } from '../settings.ts'

/** What one check found. `skipped` when there is nothing to look at. */
export interface CheckOutcome {
  readonly name: string
  readonly state: 'ok' | 'warning' | 'failed' | 'skipped'
  readonly detail: string
  /** What to do about it, a command where there is one. */
  readonly remedy?: string
}

/** What the checks may look at. */
export interface Surroundings {
  readonly settings: Settings
  readonly config: Config
  readonly now: Date
  readonly env: NodeJS.ProcessEnv
}

/** A check only looks; it never repairs, and what it cannot see it says. */
export type Check = (surroundings: Surroundings) => Promise<readonly CheckOutcome[]>

/** All is well. */
export const ok = (name: string, detail: string): CheckOutcome => ({ name, state: 'ok', detail })

/** It works, and may not for long. */
export const warning = (name: string, detail: string, remedy?: string): CheckOutcome =>
  found('warning', name, detail, remedy)

/** It does not work, or is not safe. */
export const failed = (name: string, detail: string, remedy?: string): CheckOutcome =>
  found('failed', name, detail, remedy)

/** There is nothing to look at. */
export const skipped = (name: string, detail: string): CheckOutcome => ({
  name,
  state: 'skipped',
  detail,
})

function found(
  state: CheckOutcome['state'],
  name: string,
  detail: string,
  remedy: string | undefined,
): CheckOutcome {
  return { name, state, detail, ...(remedy === undefined ? {} : { remedy }) }
}
