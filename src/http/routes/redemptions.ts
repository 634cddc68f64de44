import type { z } from '@hono/zod-openapi'
import type { Admitted } from '../../admission/ports.ts'
import { problemOf } from '../../admission/problem.ts'
import type { RequestId } from '../../domain/ids.ts'
import { REDEEM_BATCH_BYTES_MAX, REDEEM_DECISION_MS } from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { readTrace } from '../../domain/trace.ts'
import { withDeadline } from '../../listener/deadline.ts'
import { codeOfFault } from '../../listener/faults.ts'
import type { PresentedProof } from '../../token/proof-header.ts'
import { type Redemption, redeemTokens } from '../../usecases/tokens/redeem-token.ts'
import { signAdmission } from '../../usecases/tokens/sign-admission.ts'
import type { World } from '../../usecases/world.ts'
import { endpoint } from '../endpoint.ts'
import { redemptionsBody, redemptionsOut } from '../schemas/redemptions.ts'
import type { redeemBody } from '../schemas/tokens.ts'
import { type Redeemed, redeemedView } from '../views/redeemed.ts'

type ToldFault = (error: unknown) => void

/** The outcome of one call of a batch, and the request it is about. */
interface Outcome {
  readonly request: RequestId
  readonly result: Result<Redeemed>
}

/** A call as the body of a request describes it. */
export function redemptionOf(body: z.output<typeof redeemBody>, otherwise: RequestId): Redemption {
  const { token, proof, audience, request, peer, costs, request_id: requestId = otherwise } = body
  const trace = readTrace(body.traceparent, body.tracestate)
  const { uri, certificate_thumbprint: certificate, address } = peer
  const named = {
    ...(uri === undefined || certificate === undefined ? {} : { uri, certificate }),
    ...(address === undefined ? {} : { address }),
  }
  const shown = proof && presentedProof(proof)
  return { token, proof: shown, audience, request, peer: named, costs, requestId, trace }
}

function presentedProof({
  nonce_refused: nonceRefused,
  ...proof
}: NonNullable<z.output<typeof redeemBody>['proof']>): PresentedProof {
  return nonceRefused === true ? { ...proof, isNonce: () => false } : proof
}

/** Signs the receipt; a token that was spent is not taken back because that fails. */
export async function withReceipt(
  world: World,
  admitted: Admitted,
  fault: ToldFault,
): Promise<Redeemed> {
  try {
    return { admitted, receipt: await signAdmission(world, admitted) }
  } catch (error) {
    fault(error)
    return { admitted, receipt: undefined }
  }
}

export const redeem = endpoint({
  summary: 'Admit calls and spend their tokens, up to 64 in one request',
  description:
    'Each call is judged as if it came alone, and has an outcome of its own: 200 says only that ' +
    'every call was looked at. For enforcement points without a store.',
  body: redemptionsBody,
  bodyBytesMax: REDEEM_BATCH_BYTES_MAX,
  answer: redemptionsOut,
  refusals: [],
  act: async (world, { caller, body: { items }, fault, carries }) => {
    const read = items.flatMap((item) =>
      'read' in item ? [redemptionOf(item.read, caller.request)] : [],
    )
    carries(read.map(({ requestId }) => requestId))
    const started = await redeemTokens(world, caller, read)
    if (!started.ok) return started
    const running = started.value.values()
    const outcomes = items.map(async (item): Promise<Outcome> => {
      const { request } = caller
      if ('refusal' in item) return { request, result: { ok: false, refusal: item.refusal } }
      const admitted = running.next().value ?? Promise.resolve(refuse('fault'))
      const result = await settled(world, admitted, fault)
      return { request: item.read.request_id ?? request, result }
    })
    return accept(await Promise.all(outcomes))
  },
  count: (metrics, result) => {
    if (!result.ok) return
    for (const { result: one } of result.value) {
      metrics.redemption(one.ok ? 'allowed' : one.refusal.code)
    }
  },
  view: (outcomes) => ({
    items: outcomes.map(({ request, result }) =>
      result.ok
        ? { ok: true as const, ...redeemedView(result.value) }
        : { ok: false as const, problem: problemView(problemOf(result.refusal, request)) },
    ),
  }),
})

/** Waits for one call; whatever breaks or takes too long is its refusal alone. */
async function settled(
  world: World,
  admitted: Promise<Result<Admitted>>,
  fault: ToldFault,
): Promise<Result<Redeemed>> {
  const work = async (): Promise<Result<Redeemed>> => {
    try {
      const outcome = await admitted
      return outcome.ok ? accept(await withReceipt(world, outcome.value, fault)) : outcome
    } catch (error) {
      fault(error)
      return refuse(codeOfFault(error))
    }
  }
  return withDeadline(REDEEM_DECISION_MS, work, fault)
}

function problemView(problem: ReturnType<typeof problemOf>) {
  return { ...problem, reasons: [...problem.reasons] }
}
