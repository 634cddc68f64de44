import type { AuditEvent } from '../../../src/domain/audit.ts'
import type { RefusalCode } from '../../../src/domain/refusal.ts'
import type { Terms } from './terms.ts'

/** What a command comes to. */
export type Verdict = 'allowed' | RefusalCode

/** An enrolled agent or enforcement point. */
export interface ModelAgent {
  readonly name: string
  readonly role: 'agent' | 'enforcement'
  readonly owner: string
  contract: Terms
  version: number
  /** Thumbprints, newest last. */
  readonly certificates: string[]
  tier: number
  attestedAt: number
}

/** A lease; what it counts and how it stands is derived. */
export interface ModelLease {
  readonly id: string
  readonly parent: string | undefined
  readonly holder: string
  readonly terms: Terms
  /** Contract version of the holder at birth. */
  readonly version: number
  expires: number
  renewals: number
  seconds: number
  released: boolean
  /** Call tokens spent at this very lease. */
  spent: number
  /** Moments at which a rate of the lease counted a call at it or below. */
  readonly counted: number[]
}

/** A token that was given out. */
export interface ModelToken {
  readonly number: number
  readonly kind: 'call' | 'delegation'
  readonly agent: string
  readonly certificate: string
  /** Of a call token its lease, of a delegation token the parent. */
  readonly lease: string
  readonly terms: Terms
  readonly audience: string | undefined
  readonly pin: string | undefined
  readonly expires: number
  readonly key: string
  readonly tier: number
  readonly attestedAt: number
  spent: 'no' | 'yes' | 'forgotten'
  /** Root of its lease, once it was spent. */
  root?: string | undefined
  /** What it holds of every budget above, who may settle that, and what it came to. */
  reserved?: number | undefined
  point?: string | null
  settled?: number
}

/**
 * The whole world of the reference model: plain maps. `now` is the latest moment that has been
 * seen: §8, "time never runs backwards".
 */
export interface Model {
  now: number
  /** Commands so far, and how many there may be. */
  ran: number
  readonly most: number
  /** Name of the key that signs. */
  key: string
  readonly agents: Map<string, ModelAgent>
  readonly leases: Map<string, ModelLease>
  /** Leases ever born, by root. */
  readonly trees: Map<string, number>
  readonly tokens: ModelToken[]
  /** What is revoked or suspended, by subject. */
  readonly against: Map<string, 'revoked' | 'suspended'>
  /** How many records there have to be of each `event outcome`. */
  readonly records: Map<string, number>
}

/**
 * What the rules say of a command. `event` is undefined where nothing is recorded: I10, "noise
 * before verification is counted, not recorded".
 */
export interface Prediction {
  readonly verdict: Verdict
  readonly event: AuditEvent | undefined
}

/** An empty world at a moment. */
export function emptyModel(now: number, key: string, most: number): Model {
  return {
    now,
    ran: 0,
    most,
    key,
    agents: new Map(),
    leases: new Map(),
    trees: new Map(),
    tokens: [],
    against: new Map(),
    records: new Map(),
  }
}

/** Notes what has to stand in the audit trail. */
export function note(model: Model, { verdict, event }: Prediction, times = 1): void {
  if (event === undefined) return
  const key = `${event} ${verdict}`
  model.records.set(key, (model.records.get(key) ?? 0) + times)
}

/** A lease that has to be there. */
export function leaseOf(model: Model, id: string): ModelLease {
  const lease = model.leases.get(id)
  if (lease === undefined) throw new Error(`the model has no lease ${id}`)
  return lease
}

/** An agent that has to be there. */
export function agentOf(model: Model, name: string): ModelAgent {
  const agent = model.agents.get(name)
  if (agent === undefined) throw new Error(`the model has no agent ${name}`)
  return agent
}

/** A token that has to be there. */
export function tokenOf(model: Model, number: number): ModelToken {
  const token = model.tokens[number]
  if (token === undefined) throw new Error(`the model has no token ${number}`)
  return token
}

/** root..self. */
export function lineageOf(model: Model, lease: ModelLease): readonly ModelLease[] {
  const above = lease.parent === undefined ? undefined : leaseOf(model, lease.parent)
  return above === undefined ? [lease] : [...lineageOf(model, above), lease]
}

/** Children of a lease. */
export function childrenOf(model: Model, lease: ModelLease): readonly ModelLease[] {
  return [...model.leases.values()].filter((other) => other.parent === lease.id)
}

/** I11: what is spent at a lease is spent at every ancestor too. */
export function spentBelow(model: Model, lease: ModelLease): number {
  const children = childrenOf(model, lease)
  return children.reduce((sum, child) => sum + spentBelow(model, child), lease.spent)
}
