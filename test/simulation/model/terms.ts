/**
 * A scope as the reference model sees it: one grant over a few paths, and everything beside it.
 * Numbers that may be unlimited are Infinity here.
 */
export interface Terms {
  readonly rights: readonly string[]
  readonly audiences: readonly string[]
  readonly ttl: number
  readonly uses: number
  /** Of the one unit of a simulation; Infinity where nothing is counted. */
  readonly budget: number
  readonly depth: number
  readonly children: number
  readonly delegable: boolean
  readonly delegates: readonly string[]
  /** 0 none, 1 warning, 2 affirming. */
  readonly tier: number
  readonly age: number
  readonly pinned: boolean
  readonly approval: boolean
  readonly rated: boolean
}

/** What is asked for; absent means: as wide as what stands above. */
export type Ask = { readonly [Member in keyof Terms]?: Terms[Member] | undefined }

const LISTS = ['rights', 'audiences', 'delegates'] as const
const CEILINGS = ['ttl', 'uses', 'budget', 'depth', 'children', 'age'] as const
const FLOORS = ['tier'] as const
const SWITCHES = ['pinned', 'approval', 'rated'] as const

/**
 * §5: "child ⊑ parent"; lists within lists, numbers no larger, "one-way switches that may be added
 * and never removed", and what may not be delegated never may again.
 */
export function fits(ask: Ask, above: Terms): boolean {
  return (
    LISTS.every((name) => (ask[name] ?? []).every((entry) => above[name].includes(entry))) &&
    CEILINGS.every((name) => (ask[name] ?? 0) <= above[name]) &&
    FLOORS.every((name) => (ask[name] ?? above[name]) >= above[name]) &&
    SWITCHES.every((name) => ask[name] !== false || !above[name]) &&
    (ask.delegable !== true || above.delegable)
  )
}

/**
 * §5: "absence in a request inherits the parent"; "the issuer computes granted = meet(parent,
 * request, contract, policy)". Undefined when what is asked is wider than any of them, or when
 * nothing is left of rights or audiences that were not named: never shortened, never empty by
 * accident. Named as nothing they are nothing.
 */
export function granted(ask: Ask, above: readonly Terms[]): Terms | undefined {
  if (!above.every((terms) => fits(ask, terms))) return undefined
  const terms: Terms = {
    rights: ask.rights ?? shared(above.map((one) => one.rights)),
    audiences: ask.audiences ?? shared(above.map((one) => one.audiences)),
    delegates: ask.delegates ?? shared(above.map((one) => one.delegates)),
    ttl: ask.ttl ?? least(above.map((one) => one.ttl)),
    uses: ask.uses ?? least(above.map((one) => one.uses)),
    budget: ask.budget ?? least(above.map((one) => one.budget)),
    depth: ask.depth ?? least(above.map((one) => one.depth)),
    children: ask.children ?? least(above.map((one) => one.children)),
    age: ask.age ?? least(above.map((one) => one.age)),
    tier: ask.tier ?? Math.max(...above.map((one) => one.tier)),
    delegable: ask.delegable ?? above.every((one) => one.delegable),
    pinned: ask.pinned ?? above.some((one) => one.pinned),
    approval: ask.approval ?? above.some((one) => one.approval),
    rated: ask.rated ?? above.some((one) => one.rated),
  }
  const isEmpty = (name: 'rights' | 'audiences') => !ask[name] && terms[name].length === 0
  return isEmpty('rights') || isEmpty('audiences') ? undefined : terms
}

/** What all lists have in common. */
export function shared(lists: readonly (readonly string[])[]): readonly string[] {
  const [first = [], ...others] = lists
  return first.filter((entry) => others.every((list) => list.includes(entry)))
}

function least(numbers: readonly number[]): number {
  return Math.min(...numbers)
}
