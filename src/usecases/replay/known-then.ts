import type { Agent } from '../../domain/agent.ts'
import {
  type AgentUri,
  type LeaseId,
  type PrincipalId,
  parseAgentUri,
  parsePrincipalId,
} from '../../domain/ids.ts'
import { type Labels, labelsOf } from '../../domain/labels.ts'
import { holderOf, type Lease } from '../../domain/lease.ts'
import type { PolicyAgent } from '../../domain/policy.ts'
import { parseScopeRequest } from '../../domain/scope/parse.ts'
import { SCOPE_TYPE, type ScopeRequest } from '../../domain/scope/types.ts'
import { type EpochSeconds, epochSeconds } from '../../domain/time.ts'
import type { Match } from '../../policy/rule.ts'
import type { Reads } from '../../store/ports.ts'
import { factsOf } from '../policies/ask-policy.ts'
import { type Seen, textFact } from '../watch/seen.ts'

/** Why a decision can not be made again. */
export const UNJUDGED = [
  'agent_gone',
  'lease_gone',
  'contract_moved',
  'not_recorded',
  'could_be_either',
  'would_not_come_so_far',
] as const

/** One of UNJUDGED. */
export type Unjudged = (typeof UNJUDGED)[number]

/** What the store still has of a recorded decision. */
export interface Found {
  readonly seen: Seen
  readonly at: EpochSeconds
  /** Who asked. */
  readonly agent: Agent
  /** root..self; empty for a decision that is about no lease. */
  readonly lineage: readonly Lease[]
  readonly reads: Reads
}

/** An agent as it was seen then, and what nobody knows of it any more. */
export interface AgentThen {
  readonly agent: PolicyAgent
  readonly unknown: ReadonlySet<keyof Match>
}

/** Reads the agent and the lease of a record. */
export async function findThen(reads: Reads, seen: Seen, agent: Agent): Promise<Found | Unjudged> {
  const at = epochSeconds(seen.time)
  if (seen.lease === null) return { seen, at, agent, lineage: [], reads }
  const lineage = await lineageOf(reads, agent, seen.lease)
  return lineage === undefined ? 'lease_gone' : { seen, at, agent, lineage, reads }
}

async function lineageOf(reads: Reads, { tenant }: Agent, id: LeaseId) {
  const view = await reads.lineage(tenant, id)
  return view && [...view.ancestors, view.lease]
}

/**
 * Whether no contract of the lineage has moved on since its lease was granted. One that has is
 * another now than it may have been then.
 */
export async function contractsStand(reads: Reads, lineage: readonly Lease[]): Promise<boolean> {
  for (const lease of lineage) {
    const agent = await reads.agent(lease.tenant, holderOf(lease))
    if (agent?.contractVersion !== lease.contractVersion) return false
  }
  return true
}

/**
 * What is known of an agent at a moment. Its attestation is the present one where it is older than
 * the moment by more than `slack` seconds, or never was another; else nobody knows.
 */
export function agentThen(
  agent: Agent,
  at: EpochSeconds,
  known: { readonly certificate: string | undefined; readonly slack?: number },
): AgentThen {
  const { certificate, slack = 0 } = known
  const { attestation, enrolledAt, uri } = agent
  const stands = attestation.at === enrolledAt || attestation.at + slack < at
  const unknown = new Set<keyof Match>()
  if (certificate === undefined) unknown.add('agent_certificates')
  if (!stands) {
    for (const name of ['attestation_min', 'attestation_methods', 'agent_binary_hash'] as const) {
      unknown.add(name)
    }
  }
  // The record has the certificate as the authority took it from the connection.
  const shown = (certificate ?? agent.certificate) as Agent['certificate']
  const { agent: whole } = factsOf({ agent, certificate: shown, lineage: [], at })
  const { certificate: named, tier, method, measured } = whole
  return {
    unknown,
    agent: {
      uri,
      ...(certificate === undefined || named === undefined ? {} : { certificate: named }),
      ...(stands && tier !== undefined ? { tier } : {}),
      ...(stands && method !== undefined ? { method } : {}),
      ...(stands && measured !== undefined ? { measured } : {}),
    },
  }
}

/** The scope that was asked for, `lease` for all of it; undefined when the record has none. */
export function askedThen(seen: Seen): ScopeRequest | 'lease' | undefined {
  const text = textFact(seen, 'asked')
  if (text === undefined || text === 'lease') return text
  try {
    const read = parseScopeRequest({ type: SCOPE_TYPE, ...JSON.parse(text) })
    return read.ok ? read.value : undefined
  } catch {
    return undefined
  }
}

/** On whose behalf a root was asked for, where an issuer vouched for a person. */
export function personThen(seen: Seen): PrincipalId | undefined {
  const text = textFact(seen, 'person')
  return text === undefined ? undefined : parsePrincipalId(text)
}

/** What a root was to be labelled with. */
export function labelsThen(seen: Seen): Labels | undefined {
  const text = textFact(seen, 'labels')
  return text === undefined ? undefined : labelsOf(text)
}

/** The agent that was to get a delegation. */
export function delegateThen(seen: Seen): AgentUri | undefined {
  const text = textFact(seen, 'delegate')
  return text === undefined ? undefined : parseAgentUri(text)
}

/** A fact that is a number, or undefined. */
export function numberFact({ facts }: Seen, name: string): number | undefined {
  const fact = facts[name]
  return typeof fact === 'number' ? fact : undefined
}
