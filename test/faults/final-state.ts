import { createInterface } from 'node:readline'
import type { Client } from '../../src/client/client.ts'
import type { PageView } from '../../src/client/views/common.ts'
import type { LeaseView } from '../../src/client/views/leases.ts'
import type { FinalLease, FinalRecord, FinalState } from './history.ts'

const PAGE_ROWS = 200

/** Asks the deployment, through one authority, what there is when all is over. */
export async function readFinalState(
  owner: Client,
  reachedPaths: ReadonlyMap<string, number>,
): Promise<FinalState> {
  const leases = new Map<string, FinalLease>()
  for await (const view of pages<LeaseView>(owner, '/v1/leases')) {
    leases.set(view.id, finalLease(view))
  }
  const revocations = new Map<string, string>()
  const rows = pages<{ readonly subject: string; readonly effect: string }>(
    owner,
    '/v1/revocations',
  )
  for await (const { subject, effect } of rows) revocations.set(subject, effect)
  const verdict = await ask<{ readonly whole: boolean }>(owner, '/v1/audit/verify')
  return {
    leases,
    revocations,
    records: await readRecords(owner),
    auditProblem: verdict.whole ? null : JSON.stringify(verdict),
    reached: new Map([...reachedPaths].map(([path, times]) => [path.slice(1), times])),
  }
}

function finalLease(view: LeaseView): FinalLease {
  const max = view.scope.limits.max_uses
  return {
    lineage: view.lineage,
    state: view.state,
    usesSpent: view.uses_spent,
    maxUses: max === 'unlimited' ? null : max,
    expiresAt: Date.parse(view.expires_at) / 1_000,
  }
}

async function readRecords(owner: Client): Promise<readonly FinalRecord[]> {
  const exported = await owner.stream('/v1/audit/export')
  if (!exported.ok) throw new Error(JSON.stringify(exported.problem))
  const records: FinalRecord[] = []
  for await (const line of createInterface({ input: exported.value })) {
    const { kind, body } = JSON.parse(line) as { kind: string; body: string }
    if (kind !== 'record') continue
    const { event, outcome, request, lease, facts } = JSON.parse(body) as FinalRecord & {
      readonly facts: { readonly jti?: string }
    }
    records.push({ event, outcome, request, lease, jti: facts.jti ?? null })
  }
  return records
}

async function* pages<T>(owner: Client, path: string): AsyncIterable<T> {
  let cursor: string | null = null
  do {
    const more: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const page: PageView<T> = await ask(owner, `${path}?limit=${PAGE_ROWS}${more}`)
    yield* page.items
    cursor = page.cursor
  } while (cursor !== null)
}

async function ask<T>(owner: Client, path: string): Promise<T> {
  const answer = await owner.call<T>({ method: 'GET', path })
  if (answer.ok) return answer.value
  throw new Error(`${path}: ${JSON.stringify(answer.problem)}`)
}
