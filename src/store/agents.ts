import { type Insertable, type Kysely, type Selectable, sql } from 'kysely'
import type { Agent } from '../domain/agent.ts'
import type { AgentAttestation } from '../domain/attestation.ts'
import type { AgentUri, CertificateThumbprint, PrincipalId, TenantId } from '../domain/ids.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import { subjectOf } from '../domain/revocation.ts'
import type { Scope } from '../domain/scope/types.ts'
import type { ContractTerms } from '../domain/terms.ts'
import type { EpochSeconds } from '../domain/time.ts'
import { StoreFault } from './fault.ts'
import { EMPTY_PAGE, pageOf, readCursor } from './page.ts'
import type { Page, PageRequest } from './ports.ts'
import { appendChange } from './revocations/revocation-log.ts'
import type { AgentsTable, Schema } from './schema.ts'

/** The agent, or undefined. */
export async function readAgent(
  db: Kysely<Schema>,
  tenant: TenantId,
  uri: AgentUri,
): Promise<Agent | undefined> {
  const row = await db
    .selectFrom('agents')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('uri', '=', uri)
    .executeTakeFirst()
  return row && agentOf(row)
}

/** An agent whose id differs from this one in the case of letters alone, if there is one. */
export async function readAgentLike(
  db: Kysely<Schema>,
  tenant: TenantId,
  uri: AgentUri,
): Promise<AgentUri | undefined> {
  const row = await db
    .selectFrom('agents')
    .select('uri')
    .where('tenant', '=', tenant)
    .where(sql<string>`lower(uri)`, '=', uri.toLowerCase())
    .where('uri', '!=', uri)
    .executeTakeFirst()
  return row?.uri as AgentUri | undefined
}

/** The tenant's agents by name. */
export async function listAgents(
  db: Kysely<Schema>,
  tenant: TenantId,
  page: PageRequest,
): Promise<Page<Agent>> {
  const after = readCursor(page.cursor, 1)
  if (after === 'unknown') return EMPTY_PAGE
  let query = db.selectFrom('agents').selectAll().where('tenant', '=', tenant)
  if (after !== null) query = query.where('uri', '>', String(after[0]))
  const rows = await query
    .orderBy('uri')
    .limit(page.limit + 1)
    .execute()
  return pageOf(rows, page, { item: agentOf, key: (row) => [row.uri] })
}

/** Refuses `conflict` when the name is taken. */
export async function insertAgent(db: Kysely<Schema>, agent: Agent): Promise<Result<void>> {
  const inserted = await db
    .insertInto('agents')
    .values(rowOf(agent))
    .onConflict((conflict) => conflict.columns(['tenant', 'uri']).doNothing())
    .executeTakeFirst()
  return inserted.numInsertedOrUpdatedRows === 0n
    ? refuse('conflict', { agent: agent.uri })
    : accept(undefined)
}

/**
 * Replaces everything but tenant and name; a contract that moved is told in the log. A fault when
 * there is no such agent.
 */
export async function updateAgent(
  db: Kysely<Schema>,
  agent: Agent,
  at: EpochSeconds,
): Promise<void> {
  const { tenant, uri, ...changes } = rowOf(agent)
  const before = await db
    .selectFrom('agents')
    .select('contract_version')
    .where('tenant', '=', tenant)
    .where('uri', '=', uri)
    .executeTakeFirst()
  if (before === undefined) throw new StoreFault('fault', 'There is no such agent.')
  await db
    .updateTable('agents')
    .set(changes)
    .where('tenant', '=', tenant)
    .where('uri', '=', uri)
    .execute()
  if (before.contract_version === agent.contractVersion) return
  const subject = subjectOf('agent', agent.uri)
  const effect = 'contract_moved'
  await appendChange(db, { tenant: agent.tenant, subject, effect, reason: '', at })
}

function agentOf(row: Selectable<AgentsTable>): Agent {
  return {
    tenant: row.tenant as TenantId,
    uri: row.uri as AgentUri,
    role: row.role,
    owner: row.owner as PrincipalId,
    contract: JSON.parse(row.contract) as Scope,
    terms: JSON.parse(row.terms) as ContractTerms,
    contractVersion: row.contract_version,
    certificate: row.certificate as CertificateThumbprint,
    serverNames: JSON.parse(row.server_names) as readonly string[],
    attestation: JSON.parse(row.attestation) as AgentAttestation,
    enrolledAt: row.enrolled_at as EpochSeconds,
  }
}

function rowOf(agent: Agent): Insertable<AgentsTable> {
  return {
    tenant: agent.tenant,
    uri: agent.uri,
    role: agent.role,
    owner: agent.owner,
    contract: JSON.stringify(agent.contract),
    terms: JSON.stringify(agent.terms),
    contract_ends_at: agent.terms.expiresAt,
    rate_hour: mostOf(agent.terms.rate.hour),
    rate_day: mostOf(agent.terms.rate.day),
    contract_version: agent.contractVersion,
    certificate: agent.certificate,
    server_names: JSON.stringify(agent.serverNames),
    attestation: JSON.stringify(agent.attestation),
    enrolled_at: agent.enrolledAt,
  }
}

/** Repeats what the terms say so that redeeming never parses them. */
function mostOf(rate: number | 'unlimited'): number | null {
  return rate === 'unlimited' ? null : rate
}
