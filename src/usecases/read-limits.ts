import * as limits from '../domain/limits.ts'
import { accept, type Result } from '../domain/result.ts'
import { type Caller, requireRole } from './caller.ts'
import type { World } from './world.ts'

/** A setting as it is in force; what holds a secret is told as `set` and nothing else (I12). */
export interface SettingInForce {
  /** Its place in the file. */
  readonly name: string
  readonly value: string
  /** What it would be, had nobody set it. */
  readonly standard: string
}

/** What bounds a process: what was set, and what is built in and can not be set. */
export interface LimitsInForce {
  readonly settings: readonly SettingInForce[]
  readonly limits: readonly { readonly name: string; readonly value: number }[]
}

/** Tells owners and operators what the process that answers goes by. */
export async function readLimits(world: World, caller: Caller): Promise<Result<LimitsInForce>> {
  const person = requireRole(caller, 'owner', 'operator')
  if (!person.ok) return person
  const built = Object.entries(limits).map(([name, value]) => ({ name, value }))
  return accept({ settings: world.settings ?? [], limits: built })
}
