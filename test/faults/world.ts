import type { Member } from './deployment.ts'
import { pick } from './random.ts'

/** A lease that clients know of. */
export interface KnownLease {
  readonly id: string
  /** root..self. */
  readonly lineage: readonly string[]
  readonly holder: Member
}

/** A call token in the hands of its agent. */
export interface KnownToken {
  readonly jti: string
  readonly token: string
  readonly lease: KnownLease
}

/** A delegation token in the hands of the delegate. */
export interface KnownDelegation {
  readonly jti: string
  readonly token: string
  readonly parent: KnownLease
  readonly delegate: Member
}

/** What is kept of each kind; older ones are forgotten, so that a long run stays small. */
const KEPT = { leases: 240, tokens: 1_500, used: 300, delegations: 200, suspended: 40 }

/** What the agents of a run hold together. Leases that were ended are forgotten when found out. */
export class World {
  readonly members: readonly Member[]
  readonly #random: () => number
  readonly #leases: KnownLease[] = []
  readonly #tokens: KnownToken[] = []
  readonly #used: KnownToken[] = []
  readonly #delegations: KnownDelegation[] = []
  readonly #suspended: KnownLease[] = []

  constructor(members: readonly Member[], random: () => number) {
    this.members = members
    this.#random = random
  }

  member(): Member {
    const member = pick(this.#random, this.members)
    if (member === undefined) throw new Error('a run has agents')
    return member
  }

  born(lease: KnownLease): void {
    keep(this.#leases, lease, KEPT.leases)
  }

  /** Forgets the lease and all below it. */
  ended(id: string): void {
    for (let at = this.#leases.length - 1; at >= 0; at -= 1) {
      if (this.#leases[at]?.lineage.includes(id)) this.#leases.splice(at, 1)
    }
  }

  lease(): KnownLease | undefined {
    return pick(this.#random, this.#leases)
  }

  get leases(): number {
    return this.#leases.length
  }

  /** Leases at or below this one that are remembered. */
  below(id: string): readonly KnownLease[] {
    return this.#leases.filter(({ lineage }) => lineage.includes(id))
  }

  minted(token: KnownToken): void {
    keep(this.#tokens, token, KEPT.tokens)
  }

  /** Takes the newest unspent token, or the newest below a lease. */
  takeToken(below?: string): KnownToken | undefined {
    if (below === undefined) return this.#use(this.#tokens.pop())
    const at = this.#tokens.findLastIndex(({ lease }) => lease.lineage.includes(below))
    return at < 0 ? undefined : this.#use(this.#tokens.splice(at, 1)[0])
  }

  /** One that was presented before. */
  usedToken(): KnownToken | undefined {
    return pick(this.#random, this.#used)
  }

  delegated(delegation: KnownDelegation): void {
    keep(this.#delegations, delegation, KEPT.delegations)
  }

  takeDelegation(): KnownDelegation | undefined {
    return this.#delegations.pop()
  }

  suspended(lease: KnownLease): void {
    keep(this.#suspended, lease, KEPT.suspended)
  }

  takeSuspended(): KnownLease | undefined {
    return this.#suspended.shift()
  }

  #use(token: KnownToken | undefined): KnownToken | undefined {
    if (token !== undefined) keep(this.#used, token, KEPT.used)
    return token
  }
}

function keep<T>(list: T[], item: T, max: number): void {
  list.push(item)
  if (list.length > max * 1.25) list.splice(0, list.length - max)
}
