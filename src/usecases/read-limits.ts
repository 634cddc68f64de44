import * as limits from '../domain/limits.ts'
import { accept, type Result } from '../domain/result.ts'
import { type Caller, requireRole } from './caller.ts'
import reasons from './limit-reasons.json' with { type: 'json' }
import type { World } from './world.ts'

/** A setting as it is in force; what holds a secret is told as `set` and nothing else (I12). */
export interface SettingInForce {
  /** Its place in the file. */
  readonly name: string
  readonly value: string
  /** What it would be, had nobody set it. */
  readonly standard: string
  /** What it is for; names of code stand in backticks. */
  readonly purpose: string
}

/** A number that is built in, and why it is that number. */
export interface BuiltLimit {
  readonly name: string
  readonly value: number
  /** What it bounds: the file of src/domain/limits that has it. */
  readonly subject: string
  /** Empty where things are counted. */
  readonly unit: string
  readonly reason: string
}

/** What bounds a process: what was set, and what is built in and can not be set. */
export interface LimitsInForce {
  readonly settings: readonly SettingInForce[]
  readonly limits: readonly BuiltLimit[]
}

const REASONS: Readonly<Record<string, Omit<BuiltLimit, 'name' | 'value'>>> = reasons
const UNTOLD = { subject: '', unit: '', reason: '' }

/** `npm run reference` writes the reasons; a test holds that none is missing. */
const BUILT: readonly BuiltLimit[] = Object.entries(limits).map(([name, value]) => ({
  ...(REASONS[name] ?? UNTOLD),
  name,
  value,
}))

/** Tells owners and operators what the process that answers goes by. */
export async function readLimits(world: World, caller: Caller): Promise<Result<LimitsInForce>> {
  const person = requireRole(caller, 'owner', 'operator')
  if (!person.ok) return person
  return accept({ settings: world.settings ?? [], limits: BUILT })
}
