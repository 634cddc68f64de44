import { agentName } from '../domain/agent-name.ts'
import { tierAtLeast } from '../domain/attestation.ts'
import type { PolicyInput } from '../domain/policy.ts'
import { delegateAllowed } from '../domain/scope/pattern.ts'
import type { EpochSeconds } from '../domain/time.ts'
import { addressIn, isAddress } from './networks.ts'
import { DAYS, type Match, type Rule, type TimeWindow } from './rule.ts'

const DAY_SECONDS = 24 * 60 * 60

/** Whether a condition holds; what it asks about and nobody knows never does. */
type Condition<Name extends keyof Match> = (
  wanted: NonNullable<Match[Name]>,
  input: PolicyInput,
) => boolean

type Conditions = { readonly [Name in keyof Match]-?: Condition<Name> }

const CONDITIONS: Conditions = {
  actions: (wanted, { action }) => wanted.includes(action),
  users: (wanted, { user }) => wanted.includes(user),
  agents: (wanted, { agent }) => delegateAllowed(wanted, agent.uri),
  agent_certificates: (wanted, { agent }) => named(wanted, agent.certificate),
  agent_binary_hash: (wanted, { agent }) => named(wanted, agent.measured),
  agent_id: (wanted, { agent }) => named(wanted, agentName(agent.uri)),
  attestation_min: (wanted, { agent: { tier } }) => tier !== undefined && tierAtLeast(tier, wanted),
  attestation_methods: (wanted, { agent: { method } }) =>
    method !== undefined && wanted.includes(method),
  delegates: (wanted, input) =>
    input.action === 'delegation.create' &&
    input.delegate !== undefined &&
    delegateAllowed(wanted, input.delegate),
  lineage: (wanted, { holders }) =>
    holders?.every((holder) => delegateAllowed(wanted, holder)) === true,
  max_depth: (wanted, { depth }) => depth <= wanted,
  projects: (wanted, { context }) => named(wanted, context.project),
  workspaces: (wanted, { context }) => named(wanted, context.workspace),
  environments: (wanted, { context }) => named(wanted, context.environment),
  sessions: (wanted, { context }) => named(wanted, context.session),
  credential_ref: (wanted, input) =>
    input.action === 'call' && named(wanted, input.credential?.name),
  credential_categories: (wanted, input) =>
    input.action === 'call' &&
    input.credential?.category !== undefined &&
    wanted.includes(input.credential.category),
  audiences: (wanted, input) => input.action === 'call' && wanted.includes(input.audience),
  addresses: (wanted, { address }) => address !== undefined && addressIn(wanted, address),
  time: (wanted, { at }) => inWindow(wanted, at),
  // Held against requests and grants by region.ts, which can say in part.
  request: () => true,
}

/** What a grant can not know yet, because only a call has it; it is asked when the call comes. */
const OF_CALLS: readonly (keyof Match)[] = [
  'audiences',
  'credential_categories',
  'credential_ref',
  'environments',
]

/**
 * The conditions of a rule that do not hold, by name; none means that it matches. A rule that
 * allows is not kept from a grant by what only its calls will have; a rule that denies is. A call
 * from nobody knows where is stopped by every rule that stops those of some addresses.
 */
export function unmet({ match, mode }: Rule, input: PolicyInput): readonly (keyof Match)[] {
  const allows = mode === 'auto' || mode === 'prompt'
  const found: (keyof Match)[] = []
  for (const name of Object.keys(match) as (keyof Match)[]) {
    if (allows && input.action !== 'call' && OF_CALLS.includes(name)) continue
    if (!allows && name === 'addresses' && comesFromNowhere(input)) continue
    if (!holds(name, match, input)) found.push(name)
  }
  return found
}

/** Grants have no address at all: rules about one are about calls. */
function comesFromNowhere({ action, address }: PolicyInput): boolean {
  return action === 'call' && !isAddress(address)
}

function holds<Name extends keyof Match>(name: Name, match: Match, input: PolicyInput): boolean {
  const wanted = match[name]
  // The table has for each name the condition of its own type, which an index can not tell.
  const condition = CONDITIONS[name] as Condition<Name>
  return wanted === undefined || condition(wanted, input)
}

function named(wanted: readonly string[], value: string | undefined): boolean {
  return value !== undefined && wanted.includes(value)
}

/** Days and minutes of UTC; a window over midnight belongs to the day on which it begins. */
function inWindow({ days, from, to }: TimeWindow, at: EpochSeconds): boolean {
  const minute = Math.floor((at % DAY_SECONDS) / 60)
  const isNext = from !== undefined && to !== undefined && to < from && minute < to
  const day = Math.floor(at / DAY_SECONDS) - (isNext ? 1 : 0)
  // 1970-01-01 was a Thursday.
  const name = DAYS[(day + 4) % 7]
  if (days !== undefined && (name === undefined || !days.includes(name))) return false
  if (from === undefined || to === undefined) return true
  return from < to ? minute >= from && minute < to : minute >= from || minute < to
}
