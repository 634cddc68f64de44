import type { Agent } from '../../domain/agent.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { Transaction } from '../../store/ports.ts'
import { agentOf, type EvidenceVerdict, recordMismatch } from '../attestation/evidence-mismatch.ts'
import type { Caller } from '../caller.ts'
import { decide, type RecordDetails } from '../decide.ts'
import type { World } from '../world.ts'
import { type ConnectionNow, readConnection } from './read-connection.ts'

/**
 * LEASH-35, LEASH-40: the connector of an agent tells that it is there, and which program it is, by
 * its own word. Who is revoked or suspended never comes this far. The program of the registration,
 * or else the first one told, is the one from then on; another is recorded, the owner is alerted,
 * and the heartbeat is refused. A new release is accepted by its owner, with a new certificate.
 * A heartbeat that says what is known decides nothing and leaves no record.
 * Refusals: `forbidden`, `attestation_failed`.
 */
export async function heartbeat(
  world: World,
  caller: Caller,
  { program }: { readonly program: string },
): Promise<Result<ConnectionNow>> {
  const now = await readConnection(world, caller)
  if (!now.ok || now.value.agent.attestation.program === program) return now
  const { uri } = now.value.agent
  const decided = await decide<EvidenceVerdict>(
    world,
    caller,
    'agent.attested',
    async (tx, details) => {
      details.facts = { agent: uri, program }
      const known = await tx.agent(caller.tenant, uri)
      if (known === undefined) return refuse('not_found', { agent: uri })
      return judge(world, tx, { known, program, details })
    },
  )
  const agent = agentOf(decided.result)
  return agent.ok ? accept({ ...now.value, agent: agent.value }) : agent
}

async function judge(
  world: World,
  tx: Transaction,
  said: { readonly known: Agent; readonly program: string; readonly details: RecordDetails },
): Promise<Result<EvidenceVerdict>> {
  const { known, program, details } = said
  const { attestation } = known
  if (attestation.program !== undefined && attestation.program !== program) {
    await recordMismatch(world, tx, { agent: known, found: ['program'], details })
    return accept({ kind: 'mismatched', found: ['program'] })
  }
  const agent: Agent = { ...known, attestation: { ...attestation, program } }
  await tx.updateAgent(agent)
  return accept({ kind: 'attested', agent })
}
