import type { Agent } from '../../domain/agent.ts'
import { DEFAULT_TENANT } from '../../domain/ids.ts'
import { PAGE_ROWS_MAX } from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { subjectOf } from '../../domain/revocation.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import type { Page, PageRequest, Transaction } from '../../store/ports.ts'
import type { World } from '../world.ts'

/**
 * Tells owners of agents whose newest proof is older than the deployment wants, each once until it
 * proves itself again. Decides nothing about the agent: what follows from age is what scopes ask
 * for. Answers how many were told of.
 */
export async function tellOverdue(world: World): Promise<number> {
  const renewSeconds = world.attestation?.renewSeconds ?? 0
  if (renewSeconds === 0) return 0
  let told = 0
  let cursor: string | null = null
  do {
    const page: PageRequest = { limit: PAGE_ROWS_MAX, cursor }
    const agents: Page<Agent> = await world.store.read((reads) =>
      reads.agents(DEFAULT_TENANT, page),
    )
    for (const agent of agents.items) {
      if (!isOverdue(agent, renewSeconds, world.store.now())) continue
      await tell(world, agent, renewSeconds)
      told += 1
    }
    cursor = agents.cursor
  } while (cursor !== null)
  return told
}

function isOverdue({ attestation }: Agent, renewSeconds: number, now: EpochSeconds): boolean {
  return attestation.overdueTold !== true && now - attestation.at > renewSeconds
}

async function tell(world: World, { tenant, uri }: Agent, renewSeconds: number): Promise<void> {
  const facts = { agent: uri, renew_seconds: renewSeconds }
  await world.store.decide(async (tx) => {
    const result = await tellIn(tx, { tenant, uri }, renewSeconds)
    const outcome = result.ok ? 'allowed' : result.refusal.code
    const request = world.ids.request()
    const event = 'agent.attestation_overdue'
    return {
      result,
      record: { event, outcome, tenant, actor: 'authority', request, lease: null, facts },
    }
  })
}

/** Refuses `conflict` when the agent proved itself meanwhile, or somebody else told of it. */
async function tellIn(
  tx: Transaction,
  { tenant, uri }: Pick<Agent, 'tenant' | 'uri'>,
  renewSeconds: number,
): Promise<Result<void>> {
  const known = await tx.agent(tenant, uri)
  if (known === undefined || !isOverdue(known, renewSeconds, tx.now)) {
    return refuse('conflict', { agent: uri })
  }
  await tx.updateAgent({ ...known, attestation: { ...known.attestation, overdueTold: true } })
  await tx.raiseAlert({
    tenant,
    kind: 'attestation.overdue',
    severity: 'warning',
    subject: subjectOf('agent', uri),
    lease: null,
    facts: { agent: uri, renew_seconds: renewSeconds, proven_at: known.attestation.at },
  })
  return accept(undefined)
}
