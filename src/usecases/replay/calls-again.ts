import { depthOf, type Lease } from '../../domain/lease.ts'
import { RECORDED_CHARACTERS_MAX, TOKEN_TTL_SECONDS_MAX } from '../../domain/limits.ts'
import type { CallQuestion } from '../../domain/policy.ts'
import { refuse } from '../../domain/refusal.ts'
import type { RequestToJudge } from '../../domain/scope/types.ts'
import type { Could } from '../../policy/partly-known.ts'
import type { Match } from '../../policy/rule.ts'
import { askPolicy, contextOf, openedUnder } from '../policies/ask-policy.ts'
import { type Seen, textFact } from '../watch/seen.ts'
import type { Again } from './grants-again.ts'
import { agentThen, type Found, type Unjudged } from './known-then.ts'

/**
 * A call. Its record has no query, no body and no arguments, and says neither what its credential
 * was for nor whether people had said yes to it: all that may have been so or otherwise.
 */
export function callAgain(found: Found, could: Could): Again | Unjudged {
  const { seen, at, agent, lineage } = found
  const lease = lineage[lineage.length - 1]
  const request = requestThen(seen)
  const audience = textFact(seen, 'audience')
  if (lease === undefined) return 'lease_gone'
  if (request === undefined || audience === undefined) return 'not_recorded'
  const certificate = textFact(seen, 'certificate')
  const then = agentThen(agent, at, { certificate, slack: TOKEN_TTL_SECONDS_MAX })
  const name = textFact(seen, 'credential')
  const unknown: ReadonlySet<keyof Match> =
    name === undefined ? then.unknown : new Set([...then.unknown, 'credential_categories'] as const)
  const question = { ...questionThen(found, lease), agent: then.agent, request, audience }
  return {
    unknown: () => unknown,
    ask: (policies) => {
      const first = askPolicy(policies, question)
      const asks = first.ok && first.value.effect === 'require_approval'
      const answer =
        asks && could('yes of people')
          ? askPolicy(policies, { ...question, approved: true })
          : first
      if (!answer.ok || answer.value.effect === 'allow') return answer
      const { approvals, policy } = answer.value
      return refuse('approval_required', { approvals, policy })
    },
  }
}

function questionThen(
  { seen, at, lineage }: Found,
  lease: Lease,
): Omit<CallQuestion, 'agent' | 'request' | 'audience'> {
  const name = textFact(seen, 'credential')
  const environment = textFact(seen, 'environment')
  const address = textFact(seen, 'address')
  return {
    action: 'call',
    at,
    user: lease.subject,
    depth: depthOf(lease),
    holders: lease.holders,
    context: { ...contextOf(lease), ...(environment === undefined ? {} : { environment }) },
    openedUnder: openedUnder(lineage),
    approved: false,
    ...(address === undefined ? {} : { address }),
    ...(name === undefined ? {} : { credential: { name } }),
  }
}

/** The request as far as it was recorded; undefined when it was cut off. */
function requestThen(seen: Seen): RequestToJudge | undefined {
  const server = whole(seen, 'server')
  const tool = whole(seen, 'tool')
  if (server !== undefined && tool !== undefined) {
    return { type: 'tool', server, tool, arguments: {} }
  }
  const method = whole(seen, 'method')
  const target = whole(seen, 'target')
  return method === undefined || target === undefined ? undefined : { type: 'http', method, target }
}

function whole(seen: Seen, name: string): string | undefined {
  const text = textFact(seen, name)
  return text === undefined || text.length >= RECORDED_CHARACTERS_MAX ? undefined : text
}
