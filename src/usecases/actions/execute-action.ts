import { createHash } from 'node:crypto'
import type { AuditPosition } from '../../domain/audit.ts'
import type { ApprovalId, Jti, LeaseId } from '../../domain/ids.ts'
import { REFUSALS, type Reason, type RefusalCode, refuse } from '../../domain/refusal.ts'
import { REFUSED_METHODS } from '../../domain/refused-methods.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { RequestPin } from '../../domain/token.ts'
import { type Awaiting, isAwaiting } from '../approvals/awaiting.ts'
import { type AgentCaller, type Caller, requireAgent } from '../caller.ts'
import { baseOf } from '../catalog/catalog.ts'
import { mintTokens } from '../tokens/mint-tokens.ts'
import type { World } from '../world.ts'
import type { ActionAnswer, ActionRequest, NoAnswer } from './action-desk.ts'

/** What an agent wants done for it. */
export interface ActionInput extends ActionRequest {
  readonly lease: LeaseId
  readonly route: string
  readonly reason?: string | undefined
  /** The owner's yes to exactly this request. */
  readonly approval?: ApprovalId | undefined
  readonly address: string | undefined
}

/** The upstream's answer, with where its record stands and the receipt. */
export interface ExecutedAction {
  readonly status: number
  readonly headers: ActionAnswer['headers']
  readonly body: Buffer
  readonly receipt: string | undefined
  readonly record: AuditPosition
}

/**
 * LEASH-09: makes one call for an agent and answers what came back. A token is minted for exactly
 * this request and never leaves the process; the gateway of this process then does with it what it
 * does with every call: admission, credential, forwarding, scrubbing, settlement, receipt. The
 * terms of every holder have to allow actions; where the agent's contract asks each time, where a
 * scope or a policy does, the question to the owner is answered instead.
 * Refusals: `not_found` where this process has no such route, `method_not_allowed` for one that no
 * call has, before a token is minted, those of `mintTokens`, `forbidden`
 * when a holder's terms allow no actions, and every refusal of the gateway.
 */
export async function executeAction(
  world: World,
  caller: Caller,
  input: ActionInput,
): Promise<Result<ExecutedAction | Awaiting>> {
  const asker = requireAgent(caller)
  if (!asker.ok) return asker
  const gateway = world.actions?.gateway
  const route = world.catalog.named(input.route)
  if (gateway === undefined || route === undefined) {
    return refused('not_found', '/route', 'This process executes nothing on such a route.')
  }
  if (REFUSED_METHODS.has(input.method)) {
    return refused('method_not_allowed', '/method', 'No call is made with this method.')
  }
  const pin = pinOf(input, `${baseOf(route)}${input.path}`)
  const minted = await mintTokens(world, caller, {
    lease: input.lease,
    audience: route.resource,
    count: 1,
    reason: input.reason,
    approval: input.approval,
    pin: isText(input.body) ? pin : { method: pin.method, target: pin.target },
    action: { pin, headers: input.headers },
  })
  if (!minted.ok) return minted
  if (isAwaiting(minted.value)) return accept(minted.value)
  const [signed] = minted.value
  if (signed === undefined) throw new Error('one token was asked for')
  const { address, method, path, headers, body } = input
  const request = { route: input.route, address, method, path, headers, body }
  const { value: peer } = asker
  const { token } = signed
  const answer = await gateway.send({ ...request, token, peer, requestId: peer.request })
  return told(world, peer, { jti: signed.claims.jti, answer })
}

/** The very request: its token is good for nothing else, and so is the owner's yes. */
function pinOf({ method, body }: ActionRequest, target: string): RequestPin {
  if (body === undefined) return { method, target }
  return { method, target, bodyDigest: createHash('sha256').update(body).digest('base64url') }
}

/** Only text can be judged, so only text is pinned in the token; see `judgedBodyOf`. */
function isText(body: Buffer | undefined): boolean {
  if (body === undefined) return true
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(body)
    return true
  } catch {
    return false
  }
}

async function told(
  world: World,
  caller: AgentCaller,
  of: { readonly jti: Jti; readonly answer: ActionAnswer | NoAnswer },
): Promise<Result<ExecutedAction>> {
  const { jti, answer } = of
  const spent = await world.store.read((reads) => reads.spentToken(caller.tenant, jti))
  const reasons = spent === undefined ? [] : [receiptAt(jti)]
  if (answer.kind !== 'answered') return refuse(NO_ANSWER[answer.kind], {}, reasons)
  const code = answer.headers['writ-refusal']
  if (typeof code === 'string' || spent === undefined) {
    return {
      ok: false,
      refusal: { ...refusalIn(answer, code), reasons: [...reasonsIn(answer), ...reasons] },
    }
  }
  const { 'writ-receipt': receipt, ...headers } = answer.headers
  const { status, body } = answer
  const signed = typeof receipt === 'string' ? receipt : undefined
  return accept({ status, headers, body, receipt: signed, record: spent.record })
}

const NO_ANSWER: Readonly<Record<NoAnswer['kind'], RefusalCode>> = {
  broken: 'upstream_unreachable',
  late: 'upstream_timeout',
  too_long: 'response_withheld',
}

/** The gateway's own word, whatever it is; one that is not in the table is a fault. */
function refusalIn({ headers }: ActionAnswer, code: ActionAnswer['headers'][string] | undefined) {
  const known = [...REFUSALS.keys()].find((word) => word === code) ?? 'fault'
  const wait = Number(headers['retry-after'])
  const facts = Number.isSafeInteger(wait) ? { retryAfterSeconds: wait } : {}
  return { code: known, facts }
}

function reasonsIn({ body }: ActionAnswer): readonly Reason[] {
  try {
    const { reasons } = JSON.parse(body.toString()) as { reasons?: readonly Reason[] }
    return Array.isArray(reasons) ? reasons : []
  } catch {
    return []
  }
}

/** The token is spent, and the upstream may have had the call. */
function receiptAt(jti: Jti): Reason {
  return { pointer: '', code: 'spent', detail: `Its receipt is at /v1/receipts/${jti}.` }
}

function refused(code: RefusalCode, pointer: string, detail: string): Result<never> {
  return refuse(code, {}, [{ pointer, code, detail }])
}
