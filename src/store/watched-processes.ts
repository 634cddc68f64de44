import type { Kysely, Selectable } from 'kysely'
import type { WatchedProcess } from '../domain/attestation.ts'
import type { AgentUri, TenantId } from '../domain/ids.ts'
import type { EpochSeconds } from '../domain/time.ts'
import type { WatchedProcessesTable } from './schema/attestation.ts'
import type { Schema } from './schema.ts'

/** Processes of one machine, of every tenant. */
export async function readWatched(
  db: Kysely<Schema>,
  host: string,
): Promise<readonly WatchedProcess[]> {
  const rows = await db
    .selectFrom('watched_processes')
    .selectAll()
    .where('host', '=', host)
    .orderBy('tenant')
    .orderBy('agent')
    .execute()
  return rows.map(processOf)
}

/** Processes nobody has seen since a moment, of every tenant. */
export async function readUnseen(
  db: Kysely<Schema>,
  since: EpochSeconds,
): Promise<readonly WatchedProcess[]> {
  const rows = await db
    .selectFrom('watched_processes')
    .selectAll()
    .where('seen_at', '<', since)
    .orderBy('tenant')
    .orderBy('agent')
    .execute()
  return rows.map(processOf)
}

/** Upserts: an agent has one process behind it. */
export async function watchProcess(
  db: Kysely<Schema>,
  now: EpochSeconds,
  process: WatchedProcess,
): Promise<void> {
  const { tenant, agent, host, pid, uid, startTime, exe, fingerprint } = process
  const values = { host, pid, uid, start_time: startTime, exe, fingerprint, seen_at: now }
  await db
    .insertInto('watched_processes')
    .values({ tenant, agent, ...values })
    .onConflict((conflict) => conflict.columns(['tenant', 'agent']).doUpdateSet(values))
    .execute()
}

/** Removes the process behind an agent: whichever it is, or only the one of a fingerprint. */
export async function unwatchProcess(
  db: Kysely<Schema>,
  tenant: TenantId,
  agent: AgentUri,
  fingerprint: string | undefined,
): Promise<boolean> {
  let query = db
    .deleteFrom('watched_processes')
    .where('tenant', '=', tenant)
    .where('agent', '=', agent)
  if (fingerprint !== undefined) query = query.where('fingerprint', '=', fingerprint)
  const { numDeletedRows } = await query.executeTakeFirst()
  return numDeletedRows === 1n
}

/** The processes of these agents were seen on this machine. */
export async function sawProcesses(
  db: Kysely<Schema>,
  now: EpochSeconds,
  host: string,
  agents: readonly AgentUri[],
): Promise<void> {
  if (agents.length === 0) return
  await db
    .updateTable('watched_processes')
    .set({ seen_at: now })
    .where('host', '=', host)
    .where('agent', 'in', agents)
    .execute()
}

function processOf(row: Selectable<WatchedProcessesTable>): WatchedProcess {
  return {
    tenant: row.tenant as TenantId,
    agent: row.agent as AgentUri,
    host: row.host,
    pid: Number(row.pid),
    uid: Number(row.uid),
    startTime: row.start_time,
    exe: row.exe,
    fingerprint: row.fingerprint,
  }
}
