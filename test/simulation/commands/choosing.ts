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
  ttl: 3_600,
  uses: FOR_EVER,
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

function maybe<T>(arbitrary: Arbitrary<T>, freq: number): Arbitrary<T | undefined> {
  return fc.option(arbitrary, { nil: undefined, freq })
}

/** Something to ask for; most members are left out, few of them are strange. */
export const ASK: Arbitrary<Ask> = fc.record({
  rights: maybe(fc.subarray([...RIGHTS], { minLength: 1 }), 1),
  audiences: maybe(fc.subarray([...AUDIENCES], { minLength: 1 }), 1),
  ttl: maybe(fc.integer({ min: 60, max: 4_000 }), 1),
  uses: maybe(fc.integer({ min: 1, max: 5 }), 2),
  depth: maybe(fc.nat(5), 1),
  children: maybe(fc.nat(3), 1),
  delegable: maybe(fc.boolean(), 1),
  delegates: maybe(fc.subarray([...NAMES]), 1),
  tier: maybe(fc.nat(2), 1),
  age: maybe(fc.integer({ min: 30, max: 900 }), 1),
  pinned: maybe(fc.boolean(), 1),
  approval: maybe(fc.boolean(), 1),
  rated: maybe(fc.boolean(), 1),
})

/** Which members of an ask stay: as drawn, or at most three, and those as narrow as they have to be. */
export function aimed(ask: Ask, above: readonly Terms[], drawn: number): Ask {
  const names = Object.keys(ask) as (keyof Ask)[]
  const kept = new Set([0, 1, 2].map((step) => pick(names, drawn + step * 5)))
  const entries = names.flatMap((name) => {
    const value = kept.has(name) ? narrow(name, ask, above) : undefined
    return value === undefined ? [] : [[name, value] as const]
  })
  return Object.fromEntries(entries)
}

/** A member of an ask when it fits everything above and asks for nothing that can not be had. */
function narrow(name: keyof Ask, ask: Ask, above: readonly Terms[]): Ask[keyof Ask] {
  const value = ask[name]
  if (name === 'rated' || name === 'approval' || name === 'tier') return undefined
  return above.every((terms) => fits({ [name]: value }, terms)) ? value : undefined
}
