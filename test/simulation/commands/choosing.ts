import fc, { type Arbitrary } from 'fast-check'
import type { Asker } from '../model/standing.ts'
import { whyNotHeld } from '../model/standing.ts'
import { agentOf, type Model, type ModelLease } from '../model/state.ts'
import { type Ask, fits, type Terms } from '../model/terms.ts'
import { AGENTS, NAMES } from '../real/cast.ts'
import { pick } from './kind.ts'

/** Paths that can be granted. */
export const RIGHTS: readonly string[] = ['a', 'b', 'c', 'd']
/** Resources that can be called. */
export const AUDIENCES: readonly string[] = ['https://one.example', 'https://two.example']
const FOR_EVER = Number.POSITIVE_INFINITY

/** The contract every agent begins with. */
export const WIDE: Terms = {
  rights: RIGHTS,
  audiences: AUDIENCES,
  ttl: 10_000,
  uses: FOR_EVER,
  budget: FOR_EVER,
  depth: 4,
  children: 3,
  delegable: true,
  delegates: NAMES,
  tier: 0,
  age: FOR_EVER,
  pinned: false,
  approval: false,
  rated: false,
}

/** A number that picks. */
export const NAT = fc.nat(10_000)

/** One of the agents with its newest certificate, or with its first. */
export function askerOf(
  model: Model,
  name: string,
  certificate: 'newest' | 'first' = 'newest',
): Asker {
  const { certificates } = agentOf(model, name)
  return { name, certificate: certificates.at(certificate === 'newest' ? -1 : 0) ?? '' }
}

/** Some agent that can hold leases. */
export function someAgent(model: Model, drawn: number): Asker {
  return askerOf(model, pick(Object.keys(AGENTS), drawn) ?? 'ann')
}

/** A lease its holder can use now, or any when there is none. */
export function usableLease(model: Model, drawn: number): ModelLease | undefined {
  const all = [...model.leases.values()]
  const usable = all.filter(
    (lease) => whyNotHeld(model, askerOf(model, lease.holder), lease.id) === undefined,
  )
  return pick(usable, drawn) ?? pick(all, drawn)
}

/** A lease, whatever became of it. */
export function anyLease(model: Model, drawn: number): ModelLease | undefined {
  return pick([...model.leases.values()], drawn)
}

function maybe<T>(arbitrary: Arbitrary<T>): Arbitrary<T | undefined> {
  return fc.option(arbitrary, { nil: undefined, freq: 3 })
}

/** Something to ask for; most members are left out, few of them are strange. */
export const ASK: Arbitrary<Ask> = fc.record({
  rights: maybe(fc.subarray([...RIGHTS], { minLength: 1 })),
  audiences: maybe(fc.subarray([...AUDIENCES], { minLength: 1 })),
  ttl: maybe(fc.integer({ min: 60, max: 10_000 })),
  uses: maybe(fc.integer({ min: 1, max: 4 })),
  budget: maybe(fc.integer({ min: 1, max: 30 })),
  depth: maybe(fc.nat(5)),
  children: maybe(fc.nat(3)),
  delegable: maybe(fc.boolean()),
  delegates: maybe(fc.subarray([...NAMES])),
  tier: maybe(fc.nat(2)),
  age: maybe(fc.integer({ min: 30, max: 900 })),
  pinned: maybe(fc.boolean()),
  approval: maybe(fc.boolean()),
  rated: maybe(fc.boolean()),
})

/** A few members of an ask, as they were drawn: one to three of them, the number of uses more often. */
export function few(ask: Ask, drawn: number): Ask {
  const names = Object.keys(ask) as (keyof Ask)[]
  const kept = new Set([0, 1, 2].map((step) => pick(names, drawn + step * 5)))
  if (drawn % 3 === 0) kept.add('uses')
  if (drawn % 3 === 1) kept.add('budget')
  const entries = names.filter((name) => kept.has(name) && ask[name] !== undefined)
  return Object.fromEntries(entries.map((name) => [name, ask[name]]))
}

/** Of these the members that fit everything above and ask for nothing that can not be had. */
export function aimed(ask: Ask, above: readonly Terms[], drawn: number): Ask {
  const entries = Object.entries(few(ask, drawn)).filter(
    ([name, value]) =>
      !['approval', 'tier'].includes(name) &&
      above.every((terms) => fits({ [name]: value }, terms)),
  )
  return Object.fromEntries(entries)
}
