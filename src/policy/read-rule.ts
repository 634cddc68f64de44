import { POLICY_QUORUM_MAX, REASON_CHARACTERS_MAX } from '../domain/limits.ts'
import {
  FREE_RESPONSE,
  POLICY_ACTIONS,
  type PolicyAction,
  type ResponseObligations,
} from '../domain/policy.ts'
import {
  fail,
  type Intake,
  integerBetween,
  type Members,
  type Reader,
  readFlag,
  readObject,
  textThat,
  wordOf,
} from '../domain/scope/intake.ts'
import { pointerTo } from '../domain/scope/parsed.ts'
import { readAllow } from './read-allow.ts'
import { readMatch, some } from './read-match.ts'
import { type Match, MODES, type Mode, type Rule } from './rule.ts'

interface ApprovalTable {
  readonly mode: Mode
  readonly on?: readonly PolicyAction[]
  readonly quorum?: number
}

interface RuleTable {
  readonly name: string
  readonly description?: string
  readonly match: Match
  readonly allow?: Rule['allow']
  readonly approval: ApprovalTable
  readonly response?: Partial<ResponseObligations>
}

/** Nobody can be asked in the middle of a call: what needs a yes each time is asked at the mint. */
const ASKABLE = POLICY_ACTIONS.filter((action) => action !== 'call')

const APPROVAL: Members<ApprovalTable> = {
  mode: wordOf(MODES),
  on: some(wordOf(ASKABLE)),
  quorum: integerBetween(1, POLICY_QUORUM_MAX),
}

const RESPONSE: Members<Partial<ResponseObligations>> = {
  store: readFlag,
  log: readFlag,
  model: readFlag,
  reuse: readFlag,
}

const TABLE: Members<RuleTable> = {
  name: textThat(
    (text) => /^[a-z0-9][a-z0-9._-]{0,63}$/.test(text),
    'not a name of lowercase letters, digits, dot, underscore and hyphen',
  ),
  description: textThat((text) => text.length <= REASON_CHARACTERS_MAX, 'longer than a line'),
  match: readMatch,
  allow: readAllow,
  approval: (intake, value, pointer) => readObject(intake, value, pointer, APPROVAL, ['mode']),
  response: (intake, value, pointer) => {
    const response = readObject(intake, value, pointer, RESPONSE, [])
    if (response === undefined || Object.keys(response).length > 0) return response
    return fail(intake, pointer, 'says nothing')
  },
}

/**
 * Reads one `[[policy]]` table. Strict: unknown members, wrong types, empty lists and rules that
 * contradict themselves or can never matter are refused with a pointer.
 */
export const readRule: Reader<Omit<Rule, 'place'>> = (intake, value, pointer) => {
  const table = readObject<RuleTable>(intake, value, pointer, TABLE, ['name', 'match', 'approval'])
  if (table === undefined) return undefined
  const { name, description, match, allow, approval, response } = table
  const { mode, on = ['lease.open'], quorum = 1 } = approval
  if (!isSound(intake, table, pointer)) return undefined
  return {
    name,
    description,
    mode,
    match,
    allow,
    approval: { on, quorum },
    response: { ...FREE_RESPONSE, ...response },
  }
}

function isSound(intake: Intake, table: RuleTable, pointer: string): boolean {
  const { match, allow, approval, response } = table
  const { mode, on, quorum } = approval
  const no = (member: string, detail: string) => {
    fail(intake, pointerTo(pointer, member), detail)
    return false
  }
  if (mode !== 'prompt' && (on ?? quorum) !== undefined) {
    return no('approval', `says how to ask people, but its mode is ${mode}`)
  }
  if (mode === 'deny' || mode === 'quarantine') {
    if (allow !== undefined) return no('allow', `stands in a rule whose mode is ${mode}`)
    if (response !== undefined) return no('response', `stands in a rule whose mode is ${mode}`)
    return true
  }
  if (allow === undefined) return no('allow', 'missing; say allow = "contract" for all of it')
  if (match.request !== undefined) {
    const detail = 'what a rule allows stands in allow; this is for deny and quarantine'
    fail(intake, pointerTo(pointerTo(pointer, 'match'), 'request'), detail)
    return false
  }
  if (mode === 'auto' && !hasProof(match)) {
    return no(
      'match',
      'auto needs an identity that is proven: agents, agent_certificates, agent_binary_hash or ' +
        'attestation_min; a name an agent gives itself is not one',
    )
  }
  return true
}

/** CDP-38, CDPX-19: whoever is trusted without asking is known by more than a name of its own. */
function hasProof(match: Match): boolean {
  const { agents, agent_certificates, agent_binary_hash, attestation_min, agent_id } = match
  const named = agents ?? agent_certificates ?? agent_binary_hash
  return named !== undefined || (attestation_min !== undefined && agent_id === undefined)
}
