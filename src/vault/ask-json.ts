import { type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http'
import { type Agent, request as tlsRequest } from 'node:https'
import { readJson } from '../domain/json.ts'
import { VAULT_ANSWER_BYTES_MAX, VAULT_TIMEOUT_MS } from '../domain/limits.ts'
import { isPrivateAddress } from '../domain/scope/address.ts'
import type { Json } from '../domain/scope/types.ts'
import {
  BlockedAddress,
  checkedLookup,
  isBlockedLiteral,
  systemResolve,
} from '../outbound/checked-lookup.ts'

/** One request to a vault or token endpoint. */
export interface JsonQuestion {
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  /** Overwritten once it is on its way. */
  readonly body?: Buffer
  /** Whether the address may be a private one. */
  readonly privateNet: boolean
  /** PEM of the authorities it is trusted by, instead of the public ones. */
  readonly authorities?: string | undefined
  /** Keeps connections open; absent: one connection, one question. */
  readonly agent?: Agent | undefined
  /** All of it, from the first packet to the last. May be lowered. */
  readonly timeoutMs?: number | undefined
}

/** What came back, or the word for why nothing did. */
export type JsonAnswer =
  | { readonly ok: true; readonly status: number; readonly json: Json }
  | { readonly ok: false; readonly reason: string }

class TooLong extends Error {}
class TooLarge extends Error {}

/**
 * Asks over HTTP and reads the answer as JSON. Follows no redirect, takes TLS 1.2 at least, gives
 * up after VAULT_TIMEOUT_MS or VAULT_ANSWER_BYTES_MAX, and dials only addresses it has checked.
 * Node's own client: this folder goes into the middleware, which takes in no HTTP library.
 */
export async function askJson(question: JsonQuestion): Promise<JsonAnswer> {
  const { hostname } = new URL(question.url)
  const { body } = question
  if (isBlockedLiteral(hostname, blocking(question))) {
    return { ok: false, reason: 'private_address' }
  }
  try {
    const { status, bytes } = await send(question)
    try {
      const read = readJson(bytes.toString('utf8'))
      return read.ok ? { ok: true, status, json: read.value } : noJson(status)
    } finally {
      bytes.fill(0)
    }
  } catch (error) {
    return { ok: false, reason: reasonOf(error) }
  } finally {
    body?.fill(0)
  }
}

/** A refusal may come without JSON; what should have been an answer may not. */
function noJson(status: number): JsonAnswer {
  return status === 200 ? { ok: false, reason: 'not_json' } : { ok: true, status, json: null }
}

function reasonOf(error: unknown): string {
  if (error instanceof BlockedAddress) return 'private_address'
  if (error instanceof TooLong) return 'timeout'
  if (error instanceof TooLarge) return 'too_large'
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return /CERT|TLS|SSL|SIGNATURE|ISSUER/.test(code) ? 'not_trusted' : 'unreachable'
}

function blocking({ privateNet }: JsonQuestion): (address: string) => boolean {
  return privateNet ? () => false : isPrivateAddress
}

interface Received {
  readonly status: number
  readonly bytes: Buffer
}

function send(question: JsonQuestion): Promise<Received> {
  return new Promise<Received>((resolve, reject) => {
    const request = open(question)
    let isLate = false
    let isTaken = false
    const timer = setTimeout(() => {
      isLate = true
      request.destroy()
      reject(new TooLong())
    }, question.timeoutMs ?? VAULT_TIMEOUT_MS)
    const end = (error: unknown, received?: Received): void => {
      clearTimeout(timer)
      if (received === undefined) reject(isLate ? new TooLong() : error)
      else resolve(received)
    }
    request.on('error', (error) => {
      if (!isLate && isStale(request, error) && question.method === 'GET') {
        clearTimeout(timer)
        isTaken = true
        // One more connection, without those that lie open: it is not reused, so this ends here.
        send({ ...question, agent: undefined }).then(resolve, reject)
      } else end(error)
    })
    // Of another protocol in place of an answer (101) nothing else is told, no error either.
    request.on('close', () => {
      if (!isTaken) end(new Error('closed without an answer'))
    })
    request.on('response', (response) => {
      isTaken = true
      receive(response).then(
        (received) => end(undefined, received),
        (error: unknown) => {
          request.destroy()
          end(error)
        },
      )
    })
    request.end(question.body)
  })
}

/** The other side closed a connection that was kept open, before it could see this request. */
function isStale(request: ClientRequest, error: Error): boolean {
  return request.reusedSocket && 'code' in error && error.code === 'ECONNRESET'
}

function open(question: JsonQuestion): ClientRequest {
  const { url, method, headers, authorities, agent, body } = question
  const common = {
    method,
    headers: {
      ...headers,
      Accept: 'application/json',
      ...(body === undefined ? {} : { 'Content-Length': String(body.length) }),
    },
    lookup: checkedLookup(systemResolve, blocking(question)),
  }
  if (url.startsWith('http:')) return plainRequest(url, { ...common, agent: false })
  const trust = authorities === undefined ? {} : { ca: authorities }
  return tlsRequest(url, { ...common, ...trust, minVersion: 'TLSv1.2', agent: agent ?? false })
}

/** The whole answer. Overwrites what it read when the answer is too large. */
async function receive(response: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      length += chunk.length
      if (length > VAULT_ANSWER_BYTES_MAX) throw new TooLarge()
    }
    return { status: response.statusCode ?? 0, bytes: Buffer.concat(chunks) }
  } finally {
    for (const chunk of chunks) chunk.fill(0)
  }
}
