import type { RemoteAnswer } from '../admission/remote.ts'
import { AUTHORITY_ANSWER_BYTES_MAX, REDEEM_DEADLINE_MS } from '../domain/limits.ts'

/** As much of `fetch` as is used; every runtime has it. */
export type FetchLike = (url: string, init: FetchInit) => Promise<Response>

/** What is asked of it. */
export interface FetchInit {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** A redirected token would reach a stranger. */
  readonly redirect: 'manual'
  readonly signal: AbortSignal
}

/** Asks the authority; rejects when there is no answer. */
export type WebLink = (
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
  requestId?: string,
) => Promise<RemoteAnswer>

/**
 * Requests to the first of these addresses that answers to a GET; a POST is sent once, to the one
 * that answered last: whether it arrived can not be known here, and what it asks for happens once.
 */
export function createWebLink(addresses: readonly string[], fetch: FetchLike): WebLink {
  let first = 0
  const send = async (at: number, ...[method, path, body, requestId]: Parameters<WebLink>) => {
    const response = await fetch(`${addresses[at]}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(requestId === undefined ? {} : { 'x-request-id': requestId }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'manual',
      signal: AbortSignal.timeout(REDEEM_DEADLINE_MS),
    })
    return { status: response.status, json: await readJson(response) }
  }
  return async (method, path, body, requestId) => {
    let failure: unknown
    const began = first
    const tries = method === 'GET' ? addresses.length : 1
    for (let step = 0; step < tries; step += 1) {
      const at = (began + step) % addresses.length
      try {
        const answer = await send(at, method, path, body, requestId)
        first = at
        return answer
      } catch (cause) {
        failure = cause
        first = (at + 1) % addresses.length
      }
    }
    throw failure
  }
}

async function readJson(response: Response): Promise<unknown> {
  const text: string[] = []
  let bytes = 0
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > AUTHORITY_ANSWER_BYTES_MAX) throw new Error('The answer is too long.')
    text.push(decoder.decode(chunk, { stream: true }))
  }
  try {
    return JSON.parse(text.join('') + decoder.decode())
  } catch {
    return undefined
  }
}
