import { isWellFormed } from '../json-text.ts'
import { SCOPE_NESTING_MAX } from '../limits.ts'
import { fail, type Intake, type Reader } from './intake.ts'
import { pointerTo } from './parsed.ts'
import type { Json } from './types.ts'

/**
 * Any JSON value of at most SCOPE_NESTING_MAX arrays and objects inside each other, with
 * well-formed texts of at most `stringMax` characters and finite numbers.
 */
export function jsonOf(stringMax: number): Reader<Json> {
  return (intake, value, pointer) =>
    readNested(intake, value, pointer, { stringMax, nesting: SCOPE_NESTING_MAX })
}

function readNested(
  intake: Intake,
  value: unknown,
  pointer: string,
  bounds: { readonly stringMax: number; readonly nesting: number },
): Json | undefined {
  const { stringMax, nesting } = bounds
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'number') {
    return Number.isFinite(value) ? value : fail(intake, pointer, 'not a number')
  }
  if (typeof value === 'string') {
    return value.length <= stringMax && isWellFormed(value)
      ? value
      : fail(intake, pointer, 'not a text')
  }
  if (typeof value !== 'object') return fail(intake, pointer, 'not JSON')
  if (nesting === 0) return fail(intake, pointer, 'nested too deeply')
  for (const [name, member] of Object.entries(value)) {
    const at = pointerTo(pointer, name)
    if (name.length > stringMax || !isWellFormed(name)) return fail(intake, at, 'not a member name')
    const inside = { stringMax, nesting: nesting - 1 }
    if (readNested(intake, member, at, inside) === undefined) return undefined
  }
  return value as Json
}
