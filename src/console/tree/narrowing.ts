import type { Grant, Scope } from '../../domain/scope/types.ts'
import { amountText } from '../words.ts'

/** One dimension in which a scope is narrower than the one above it. */
export interface Narrowed {
  readonly what: string
  readonly from: string
  readonly to: string
}

/** In what a scope differs from the one it came of, dimension by dimension. */
export function narrowedBetween(above: Scope, below: Scope): readonly Narrowed[] {
  return [
    ...grantsBetween(above.grants, below.grants),
    ...between('audiences', above.audiences, below.audiences),
    ...membersBetween('', above.limits, below.limits),
    ...membersBetween('', above.requires, below.requires),
    ...membersBetween('delegation ', above.delegation, below.delegation),
  ]
}

function grantsBetween(above: readonly Grant[], below: readonly Grant[]): readonly Narrowed[] {
  const [first] = above
  const [second] = below
  const single = above.length === 1 && below.length === 1
  if (single && first !== undefined && second !== undefined && first.type === second.type) {
    return membersBetween('', first, second)
  }
  return between('grants', above, below)
}

function membersBetween(prefix: string, above: object, below: object): readonly Narrowed[] {
  const right = new Map(Object.entries(below))
  return Object.entries(above).flatMap(([name, value]) =>
    between(`${prefix}${name.replaceAll('_', ' ')}`, value, right.get(name)),
  )
}

function between(what: string, above: unknown, below: unknown): readonly Narrowed[] {
  const [from, to] = [textOf(above), textOf(below)]
  return from === to ? [] : [{ what, from, to }]
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join(', ') || 'none'
  if (typeof value !== 'object' || value === null) return String(value)
  if ('unit' in value && 'amount' in value && 'decimals' in value) {
    const { unit, amount, decimals } = value as { unit: string; amount: number; decimals: number }
    return amountText(amount, decimals, unit)
  }
  if ('requests' in value && 'per_seconds' in value) {
    return `${value.requests} in ${value.per_seconds} s`
  }
  return JSON.stringify(value)
}
