import type { ProcessWatch } from '../../attestation/process/liveness.ts'
import { ended, type WatchedProcess } from '../../domain/attestation.ts'
import type { AgentUri } from '../../domain/ids.ts'
import { PROCESS_UNSEEN_SECONDS } from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { subjectOf } from '../../domain/revocation.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import type { Transaction } from '../../store/ports.ts'
import type { World } from '../world.ts'

/** Why a process does not count any more. */
type Ending = 'ended' | 'changed' | 'unseen'

/** So often it is written down that processes run: some times before they count as unseen. */
const SAW_EVERY_SECONDS = PROCESS_UNSEEN_SECONDS / 3

/**
 * Looks at the processes behind agents, again and again (CDP-23, CDPX-06). Those of this machine
 * are looked at themselves; those of others count as ended when nobody has seen them for
 * PROCESS_UNSEEN_SECONDS. What has ended is suspended with everything its agent holds anywhere in a
 * tree (T-06), its evidence counts for nothing, and its owner is alerted: one decision each.
 */
export function createProcessPoll(world: World, watch: ProcessWatch): () => Promise<void> {
  let sawAt = -Infinity
  let looking = false
  const look = async (): Promise<void> => {
    const own = await world.store.read((reads) => reads.watchedProcesses(watch.host))
    const running: AgentUri[] = []
    for (const process of own) {
      const state = await watch.look(process)
      if (state === 'runs') running.push(process.agent)
      else if (state !== 'unknown') await end(world, process, state)
    }
    const now = world.store.now()
    if (running.length > 0 && now - sawAt >= SAW_EVERY_SECONDS) {
      await world.store.sawProcesses(watch.host, running)
      sawAt = now
    }
    const since = (now - PROCESS_UNSEEN_SECONDS) as EpochSeconds
    const unseen = await world.store.read((reads) => reads.unseenProcesses(since))
    for (const process of unseen) {
      if (!running.includes(process.agent)) await end(world, process, 'unseen')
    }
  }
  return async () => {
    if (looking) return
    looking = true
    await look().finally(() => {
      looking = false
    })
  }
}

async function end(world: World, process: WatchedProcess, ending: Ending): Promise<void> {
  const { tenant, agent, pid, fingerprint } = process
  const facts = { agent, pid, evidence: `sha-256:${fingerprint}`, ending }
  await world.store.decide(async (tx) => {
    const result = await endIn(tx, process, facts)
    const outcome = result.ok ? 'allowed' : result.refusal.code
    const request = world.ids.request()
    const event = 'agent.process_ended'
    return {
      result,
      record: { event, outcome, tenant, actor: 'authority', request, lease: null, facts },
    }
  })
}

/** Refuses `conflict` when the agent proved itself with another process meanwhile. */
async function endIn(
  tx: Transaction,
  { tenant, agent: uri, fingerprint }: WatchedProcess,
  facts: Readonly<Record<string, string | number>>,
): Promise<Result<void>> {
  const known = await tx.agent(tenant, uri)
  const watched = await tx.unwatchProcess(tenant, uri, fingerprint)
  if (known === undefined || !watched) return refuse('conflict', { agent: uri })
  const subject = subjectOf('agent', uri)
  await tx.updateAgent({
    ...known,
    contractVersion: known.contractVersion + 1,
    attestation: ended(known.attestation, tx.now),
  })
  const reason = 'the process it was measured as has ended'
  await tx.recordRevocation(tenant, { subject, effect: 'suspended', reason, at: tx.now })
  const kind = 'attestation.process_ended'
  await tx.raiseAlert({ tenant, kind, severity: 'warning', subject, lease: null, facts })
  return accept(undefined)
}
