import type { Readable } from 'node:stream'
import type { CallToken } from './agent.ts'
import { ask, type CallOptions } from './asking.ts'
import { type Client, pathOf, Unreachable } from './client.ts'
import { refusedWith, WritError } from './errors.ts'
import type { GatewayAnswer, GatewayClient } from './gateway.ts'
import type { ProblemView } from './views/common.ts'
import type { PinBody } from './views/tokens.ts'

/** One call through a gateway. */
export interface CallThrough {
  readonly lease: string
  /** Resource id of the gateway's route. */
  readonly audience: string
  readonly method: string
  /** Absolute URL at the gateway, sent as it is spelled. */
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly pin?: PinBody
  readonly reason?: string
}

/** What the upstream answered. */
export interface GatewayResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** The signed receipt of the spent token, where the gateway gives one. */
  readonly receipt: string | undefined
  /** Has to be read or destroyed. Breaks off with an error when the call is cut. */
  readonly body: Readable
}

/**
 * Spends a token on one call. Throws `WritError`: the gateway's refusal; or `outcome_unknown` when
 * there was no answer, after a look at the authority whether the token is spent. A token that is
 * not spent yet may still be, until it ends; the call is never sent again from here (I7).
 */
export async function callThrough(parts: {
  readonly gateway: GatewayClient
  readonly client: Client
  readonly minted: CallToken
  readonly order: CallThrough
  readonly options: CallOptions
}): Promise<GatewayResponse> {
  const { gateway, client, minted, order, options } = parts
  const { method, url, headers, body } = order
  const sending = minted.token.use((token) =>
    gateway.send({
      method,
      url,
      token,
      signal: options.signal,
      ...(headers === undefined ? {} : { headers }),
      ...(body === undefined ? {} : { body }),
    }),
  )
  const answer = await sending.catch(async (cause: unknown) => {
    if (!(cause instanceof Unreachable)) throw cause
    throw await lostCall(client, minted.jti, cause)
  })
  if (answer.refusal !== undefined) throw await refusalOf(answer)
  // Whoever reads it is told; whoever destroys it unread must not end the process.
  answer.body.on('error', () => undefined)
  const receipt = answer.headers['writ-receipt']
  const { status, headers: told } = answer
  return {
    status,
    headers: told,
    body: answer.body,
    receipt: typeof receipt === 'string' ? receipt : undefined,
  }
}

async function lostCall(client: Client, jti: string, cause: Unreachable): Promise<WritError> {
  const path = pathOf(['v1', 'receipts', jti])
  const spent = await ask(client, { method: 'GET', path }, 'safe').then(
    () => true,
    (error: unknown) =>
      error instanceof WritError && error.code === 'not_found' ? false : undefined,
  )
  const sentence = 'The answer is lost; the call may have been made.'
  return new WritError('outcome_unknown', sentence, {
    cause,
    ...(spent === undefined ? {} : { spent }),
  })
}

async function refusalOf(answer: GatewayAnswer): Promise<WritError> {
  const text = Buffer.concat(await answer.body.toArray()).toString('utf8')
  try {
    return refusedWith(JSON.parse(text) as ProblemView)
  } catch {
    const { status } = answer
    return new WritError('status_unknown', 'The gateway refused without saying why.', { status })
  }
}
