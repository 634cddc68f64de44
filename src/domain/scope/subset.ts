import type { Reason } from '../refusal.ts'
import type { Objection } from './argument-map.ts'
import { boundWidenings } from './bounds.ts'
import { httpWidenings } from './http.ts'
import { nearest } from './nearest.ts'
import { toolWidenings } from './tool.ts'
import type { Grant, GrantRequest, Scope, ScopeRequest } from './types.ts'

/**
 * Whether a scope is within another (I4). `witnesses[i]` is the index of the parent grant that
 * covers child grant i; `reasons` point into the child.
 */
export type Verdict =
  | { readonly within: true; readonly witnesses: readonly number[] }
  | { readonly within: false; readonly reasons: readonly Reason[] }

/**
 * Compares a scope as asked for with the one above it: each child grant has to be covered by a
 * single parent grant, the first in order, which becomes its witness. Members that are absent
 * inherit. Equality counts as within, and a child without grants needs no witness. On refusal every
 * widened dimension is told against the nearest parent grant, the one with the fewest.
 */
export function within(child: ScopeRequest, parent: Scope): Verdict {
  const witnesses: number[] = []
  const found: Objection[] = []
  child.grants.forEach((grant, index) => {
    const witness = witnessesOf(grant, parent).next()
    if (witness.done === true) {
      for (const { pointer, detail } of nearestWidenings(grant, parent)) {
        found.push({ pointer: `/grants/${index}${pointer}`, detail })
      }
    } else {
      witnesses.push(witness.value)
    }
  })
  found.push(...boundWidenings(child, parent))
  if (found.length === 0) return { within: true, witnesses }
  const reasons = found.map(({ pointer, detail }) => ({ pointer, code: 'not_narrower', detail }))
  return { within: false, reasons }
}

/** The indexes of the parent grants that cover a child grant, in order. */
export function* witnessesOf(grant: GrantRequest, parent: Scope): Generator<number, void> {
  for (const [index, above] of parent.grants.entries()) {
    if (widenings(grant, above)?.length === 0) yield index
  }
}

function nearestWidenings(grant: GrantRequest, parent: Scope): readonly Objection[] {
  const found = parent.grants.flatMap((above) => {
    const wider = widenings(grant, above)
    return wider === undefined ? [] : [wider]
  })
  return (
    nearest(found, dimensions) ?? [{ pointer: '', detail: 'the parent has no grant of this type' }]
  )
}

/** Where a grant is wider than one of the parent's; undefined when their types differ. */
function widenings(grant: GrantRequest, above: Grant): readonly Objection[] | undefined {
  if (grant.type === 'http') return above.type === 'http' ? httpWidenings(grant, above) : undefined
  return above.type === 'tool' ? toolWidenings(grant, above) : undefined
}

function dimensions(found: readonly Objection[]): number {
  return new Set(found.map(({ pointer }) => pointer.split('/', 2)[1])).size
}
