import { setTimeout as pause } from 'node:timers/promises'
import type { ApprovalId } from '../../domain/ids.ts'
import { CDP_WAITING_POLL_MS } from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { type Awaiting, isAwaiting } from '../approvals/awaiting.ts'
import { readApproval } from '../approvals/read-approvals.ts'
import type { AgentCaller } from '../caller.ts'
import type { World } from '../world.ts'
import type { CdpGate } from './cdp-gate.ts'

/** How long somebody waits for a person. */
export interface Waiting {
  readonly gate: CdpGate
  /** Ends the waiting; the question stays open. */
  readonly signal: AbortSignal
}

/**
 * Asks for something that may need a person's yes, waits for the answer, and asks again with it
 * (CDP waits where other faces tell of the question). Refusals: those of what is asked,
 * `approval_denied`, and `approval_required` when nobody answered in time, with the id to come back
 * with; `overloaded` when too many wait.
 */
export async function askAndWait<T>(
  world: World,
  caller: AgentCaller,
  ask: (approval: ApprovalId | undefined) => Promise<Result<T | Awaiting>>,
  waiting: Waiting,
): Promise<Result<T>> {
  const first = await ask(undefined)
  if (!first.ok) return first
  if (!isAwaiting(first.value)) return accept(first.value)
  const { id } = first.value.awaits
  const leave = waiting.gate.wait(caller.uri)
  if (leave === undefined) return refuse('overloaded', { waiting: 'people' })
  const said = await answerOf(world, caller, id, waiting.signal).finally(leave)
  if (said === 'denied' || said === 'void') return refuse('approval_denied', { approval: id })
  if (said !== 'approved') return notInTime(id)
  const second = await ask(id)
  if (!second.ok) return second
  return isAwaiting(second.value) ? notInTime(second.value.awaits.id) : accept(second.value)
}

async function answerOf(
  world: World,
  caller: AgentCaller,
  id: ApprovalId,
  signal: AbortSignal,
): Promise<string> {
  for (;;) {
    const found = await readApproval(world, caller, { id })
    const state = found.ok ? found.value.state : 'void'
    if (state !== 'pending' || signal.aborted) return state
    await pause(CDP_WAITING_POLL_MS, undefined, { signal, ref: false }).catch(() => undefined)
  }
}

function notInTime(id: ApprovalId): Result<never> {
  const detail = `Nobody answered yet. Ask again with the approval ${id}.`
  return refuse('approval_required', { approval: id }, [
    { pointer: '/approval', code: 'approval_required', detail },
  ])
}
