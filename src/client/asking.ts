import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  CLIENT_LOOK_MS,
  CLIENT_PAUSE_MS,
  CLIENT_PAUSE_MS_MAX,
  CLIENT_TIMEOUT_MS,
  CLIENT_TRIES_MAX,
} from '../domain/limits.ts'
import { type Answer, type ApiCall, type Client, pathOf, Unreachable } from './client.ts'
import { refusedWith, WritError } from './errors.ts'
import type { ApprovalView, AwaitsView } from './views/approvals.ts'

/** How long somebody is ready to wait. */
export interface CallOptions {
  /** Ends the waiting at once, with `aborted`. */
  readonly signal?: AbortSignal | undefined
  /** For each try. */
  readonly timeoutMs?: number | undefined
}

/** What may need the yes of a person. */
export interface AskOptions extends CallOptions {
  /** Waits for the yes; without it the question is an error `approval_required`. */
  readonly wait?: boolean | undefined
  /** The yes to exactly this request. */
  readonly approval?: string | undefined
}

/**
 * How often a request may be sent: `safe` changes nothing; `replay` is created once under a key
 * whose answer is kept; `once` likewise, but its answer has a secret and is not told again; `never`
 * is sent once.
 */
export type Repeating = 'safe' | 'replay' | 'once' | 'never'

/** Busy, and nothing was done. */
const BUSY: readonly string[] = ['overloaded', 'rate_limited']

/**
 * Asks, and asks again where that does nothing twice. Throws `WritError`: a refusal, `unreachable`
 * when every try of a repeatable request failed, `outcome_unknown` when one that is not repeatable
 * got no answer, `aborted`, `timeout`.
 */
export async function ask<T>(
  client: Client,
  call: ApiCall,
  repeating: Repeating,
  options: CallOptions = {},
): Promise<Extract<Answer<T>, { ok: true }>> {
  const keyed = repeating === 'replay' || repeating === 'once'
  const sent = keyed ? { ...call, idempotencyKey: randomUUID() } : call
  let lost = false
  for (let left = CLIENT_TRIES_MAX - 1, pause = CLIENT_PAUSE_MS; ; left -= 1, pause *= 2) {
    const outcome = await tryOnce<T>(client, sent, options)
    if (!(outcome instanceof Error)) {
      if (outcome.ok) return outcome
      const { problem } = outcome
      if (lost && repeating === 'once' && problem.code === 'conflict') throw lostAnswer()
      const unknown = problem.code === 'status_unknown' && repeating !== 'never'
      const wait = Math.max(pause, (problem.retry_after_seconds ?? 0) * 1_000)
      const again = unknown || BUSY.includes(problem.code)
      if (!again || left === 0 || wait > CLIENT_PAUSE_MS_MAX) throw refusedWith(problem)
      lost ||= unknown
      await pauseFor(wait, options.signal)
    } else {
      if (options.signal?.aborted) throw aborted(outcome)
      if (repeating === 'never') throw lostAnswer(outcome)
      lost = true
      if (left === 0) throw unanswered(outcome)
      await pauseFor(pause, options.signal)
    }
  }
}

/**
 * `ask` for what a person may have to allow first: with `wait` the same request is sent again once
 * there is a yes.
 */
export async function askOwner<T>(
  client: Client,
  call: ApiCall & { readonly body: object },
  repeating: Repeating,
  options: AskOptions = {},
): Promise<T> {
  const { approval, wait = false, signal } = options
  const first = { ...call, body: { ...call.body, approval } }
  const answer = await ask<T | AwaitsView>(client, first, repeating, options)
  if (answer.status !== 202) return answer.value as T
  const { approval: asked } = answer.value as AwaitsView
  if (!wait) {
    const status = answer.status
    throw new WritError('approval_required', 'The owner has to approve this.', {
      status,
      approval: asked,
    })
  }
  await awaitApproval(client, asked.id, { signal, timeoutMs: options.timeoutMs })
  const again = { ...call, body: { ...call.body, approval: asked.id } }
  return (await ask<T>(client, again, repeating, options)).value
}

/** Waits until a question is decided. Throws `approval_denied` for everything but a yes. */
export async function awaitApproval(
  client: Client,
  id: string,
  options: CallOptions = {},
): Promise<ApprovalView> {
  const path = pathOf(['v1', 'approvals', id])
  for (;;) {
    const { value } = await ask<ApprovalView>(client, { method: 'GET', path }, 'safe', options)
    if (value.state === 'approved') return value
    if (value.state !== 'pending') {
      throw new WritError('approval_denied', `The approval is ${value.state}.`, { approval: value })
    }
    await pauseFor(CLIENT_LOOK_MS, options.signal)
  }
}

async function tryOnce<T>(
  client: Client,
  call: ApiCall,
  { signal, timeoutMs = CLIENT_TIMEOUT_MS }: CallOptions,
): Promise<Answer<T> | Unreachable> {
  if (signal?.aborted) throw aborted()
  const timeout = AbortSignal.timeout(timeoutMs)
  const both = signal === undefined ? timeout : AbortSignal.any([signal, timeout])
  try {
    return await client.call<T>({ ...call, signal: both })
  } catch (cause) {
    if (!(cause instanceof Unreachable)) throw cause
    return cause
  }
}

async function pauseFor(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch((cause: unknown) => {
    throw aborted(cause)
  })
}

function unanswered(cause: Unreachable): WritError {
  const late = cause.cause instanceof Error && cause.cause.name === 'TimeoutError'
  return new WritError(late ? 'timeout' : 'unreachable', cause.message, { cause })
}

function lostAnswer(cause?: unknown): WritError {
  const sentence = 'It may have been done; its answer is lost and is not told again.'
  return new WritError('outcome_unknown', sentence, { cause })
}

function aborted(cause?: unknown): WritError {
  return new WritError('aborted', 'Given up by the caller; it may have been done.', { cause })
}
