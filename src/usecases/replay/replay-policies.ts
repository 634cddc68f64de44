import type { TenantId } from '../../domain/ids.ts'
import { POLICY_REPLAY_RECORDS_DEFAULT, POLICY_REPLAY_WAYS_MAX } from '../../domain/limits.ts'
import { accept, type Result } from '../../domain/result.ts'
import { everyAnswer } from '../../policy/every-answer.ts'
import { type Could, judgePartlyKnown } from '../../policy/partly-known.ts'
import { type PolicyText, readPolicySet } from '../../policy/read-set.ts'
import type { PolicySet } from '../../policy/set.ts'
import type { Reads } from '../../store/ports.ts'
import { newestFirst } from '../audit/newest-first.ts'
import { type Caller, requireRole } from '../caller.ts'
import type { PoliciesToAsk } from '../policies/ask-policy.ts'
import { type Seen, textFact } from '../watch/seen.ts'
import type { World } from '../world.ts'
import { callAgain } from './calls-again.ts'
import {
  type Again,
  delegateAgain,
  mintAgain,
  openAgain,
  redeemAgain,
  renewAgain,
} from './grants-again.ts'
import { type Found, findThen, type Unjudged } from './known-then.ts'
import { REPLAYED, type Replay, type ReplayedEvent, type Said, Tally } from './tally.ts'

/**
 * Holds a candidate set against recorded decisions, the newest first (CDP-40): what was allowed or
 * refused by a policy, asked again as it was then. Changes nothing and records nothing. What can
 * not be known any more is gone through in every way it may have been; where that makes a
 * difference, the decision counts as not judged. For people; refuses `forbidden`.
 */
export async function replayPolicies(
  world: Pick<World, 'store'>,
  caller: Caller,
  input: { readonly files: readonly PolicyText[]; readonly limit?: number | undefined },
): Promise<Result<Replay>> {
  const person = requireRole(caller, 'owner', 'operator')
  if (!person.ok) return person
  const read = readPolicySet(input.files)
  const tally = new Tally(read.ok ? read.set.version : undefined)
  if (!read.ok) return accept({ ...tally.told(), problems: read.problems })
  const limit = input.limit ?? POLICY_REPLAY_RECORDS_DEFAULT
  for await (const record of newestFirst(world.store, limit)) {
    tally.read(record)
    const { seen } = record
    const before = seen?.tenant === caller.tenant ? saidBefore(seen) : undefined
    if (seen === undefined || before === undefined) continue
    const after = await world.store.read((reads) => judge(reads, caller.tenant, seen, read.set))
    tally.count(record, seen, before, after)
  }
  return accept(tally.told())
}

/** What was decided; undefined for what is no decision of a policy, such as an expired token. */
function saidBefore(seen: Seen): Said | undefined {
  if (seen.agent === undefined || !REPLAYED.some((event) => event === seen.event)) return undefined
  const policy = textFact(seen, 'policy') ?? null
  switch (seen.outcome) {
    case 'allowed':
      return {
        effect: seen.facts['policy_effect'] === 'require_approval' ? 'require_approval' : 'allow',
        policy,
      }
    case 'policy_denied':
      return { effect: 'deny', policy }
    case 'quarantined':
      return policy === null ? undefined : { effect: 'quarantine', policy }
    case 'approval_required':
      return policy === null ? undefined : { effect: 'require_approval', policy }
    default:
      return undefined
  }
}

/** What the set would have said, or why nobody can tell. */
async function judge(
  reads: Reads,
  tenant: TenantId,
  seen: Seen,
  set: PolicySet,
): Promise<Said | Unjudged> {
  const agent = seen.agent && (await reads.agent(tenant, seen.agent))
  if (agent === undefined) return 'agent_gone'
  const found = await findThen(reads, seen, agent)
  if (typeof found === 'string') return found
  const again = await againOf(found)
  if (typeof again === 'string') return again
  const looks = asksEvidence(set)
  const answers = everyAnswer((could) => {
    const asked = again(could)
    if (typeof asked === 'string') return asked
    if (looks && asked.unattested === true) return 'could_be_either'
    return saidAfter(asked, judging(set, asked, could))
  }, POLICY_REPLAY_WAYS_MAX)
  const [first, ...others] = answers ?? []
  if (first === undefined) return 'could_be_either'
  if (typeof first === 'string') return first
  const same = others.every((other) => typeof other !== 'string' && other.effect === first.effect)
  return same ? first : 'could_be_either'
}

/** Whether a rule asks of what it allows how good the evidence has to be. */
function asksEvidence({ rules }: PolicySet): boolean {
  return rules.some(
    ({ allow }) =>
      typeof allow === 'object' &&
      (allow.requires.attestation_min ?? allow.requires.attestation_max_age_seconds) !== undefined,
  )
}

type AgainIf = (could: Could) => Again | Unjudged

async function againOf(found: Found): Promise<AgainIf | Unjudged> {
  if (found.seen.event === 'token.redeemed') return (could) => callAgain(found, could)
  const rebuild = GRANTS[found.seen.event as Exclude<ReplayedEvent, 'token.redeemed'>]
  const again = await rebuild(found)
  return typeof again === 'string' ? again : () => again
}

const GRANTS = {
  'lease.opened': openAgain,
  'lease.renewed': renewAgain,
  'delegation.created': delegateAgain,
  'delegation.redeemed': redeemAgain,
  'token.minted': mintAgain,
} as const

function judging(set: PolicySet, { unknown }: Again, could: Could): PoliciesToAsk {
  const { decide } = judgePartlyKnown(set.rules, unknown, could)
  const current = { version: set.version, asks: set.asks, decide, needsBody: () => false }
  return { policies: { current: () => current } }
}

function saidAfter({ ask }: Again, policies: PoliciesToAsk): Said {
  const answer = ask(policies)
  if (answer.ok) return { effect: answer.value.effect, policy: answer.value.policy }
  const { code, facts } = answer.refusal
  const policy = typeof facts['policy'] === 'string' ? facts['policy'] : ''
  if (code === 'quarantined') return { effect: 'quarantine', policy }
  if (code === 'approval_required') return { effect: 'require_approval', policy }
  return { effect: 'deny', policy }
}
