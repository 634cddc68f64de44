import { type Kysely, type Selectable, sql } from 'kysely'
import type { WebhookId } from '../domain/ids.ts'
import { credentialOf, versionOf } from './credentials.ts'
import { holdMasterKey } from './master-key.ts'
import type { ResealedRow, Resealer, SealedRows } from './ports/master-key.ts'
import type { CredentialsTable, CredentialVersionsTable } from './schema/credentials.ts'
import type { Schema } from './schema.ts'

/** Rows in one transaction: far below the deadline of one, also over a network. */
const ROWS = 50

/** Runs housekeeping in a transaction of its own. */
type Chore = <T>(work: (db: Kysely<Schema>) => Promise<T>) => Promise<T>

/** Whether the row is sealed under the new key now; false when neither key opens it. */
type ResealRow = (db: Kysely<Schema>, resealer: Resealer) => Promise<boolean>

interface Row {
  readonly of: 'credentials' | 'versions' | 'webhooks'
  readonly name: string
  readonly reseal: ResealRow
}

/** Sealed rows over housekeeping of a store, whatever database it is in. */
export function sealedRowsOver(chore: Chore): SealedRows {
  return {
    hold: (fingerprint) => chore((db) => holdMasterKey(db, fingerprint)),
    async reseal(resealer, report) {
      const rows = await chore(async (db) => [
        ...(await credentials(db)),
        ...(await versions(db)),
        ...(await webhooks(db)),
      ])
      const unopened: string[] = []
      for (let done = 0; done < rows.length; done += ROWS) {
        const some = rows.slice(done, done + ROWS)
        unopened.push(...(await chore((db) => resealSome(db, some, resealer))))
        report(Math.min(done + ROWS, rows.length), rows.length)
      }
      const count = (of: Row['of']) => rows.filter((row) => row.of === of).length
      const counted = { credentials: count('credentials'), versions: count('versions') }
      return { ...counted, webhooks: count('webhooks'), unopened }
    },
  }
}

/** The names of those that neither key opens. */
async function resealSome(
  db: Kysely<Schema>,
  rows: readonly Row[],
  resealer: Resealer,
): Promise<readonly string[]> {
  const unopened: string[] = []
  for (const { name, reseal } of rows) {
    if (!(await reseal(db, resealer))) unopened.push(name)
  }
  return unopened
}

type Key = Pick<Selectable<CredentialsTable>, 'tenant' | 'name' | 'environment' | 'owner'>

const ofKey = ({ tenant, name, environment, owner }: Key) =>
  sql<boolean>`tenant = ${tenant} and name = ${name}
    and environment = ${environment} and owner = ${owner}`

async function credentials(db: Kysely<Schema>): Promise<readonly Row[]> {
  const keys = await db
    .selectFrom('credentials')
    .select(['tenant', 'name', 'environment', 'owner'])
    .execute()
  return keys.map((key) => ({
    of: 'credentials',
    name: nameOf(key),
    reseal: async (tx, resealer) => {
      const row = await tx
        .selectFrom('credentials')
        .selectAll()
        .where(ofKey(key))
        .executeTakeFirst()
      return written(row && resealer.mark(credentialOf(row)), (mark) =>
        tx.updateTable('credentials').set({ mark }).where(ofKey(key)).execute(),
      )
    },
  }))
}

async function versions(db: Kysely<Schema>): Promise<readonly Row[]> {
  const keys = await db
    .selectFrom('credential_versions')
    .select(['tenant', 'name', 'environment', 'owner', 'version'])
    .where('sealed', 'is not', null)
    .execute()
  return keys.map((key) => ({
    of: 'versions',
    name: `${nameOf(key)}, version ${key.version}`,
    reseal: (tx, resealer) => resealVersion(tx, key, resealer),
  }))
}

async function resealVersion(
  db: Kysely<Schema>,
  key: Key & Pick<Selectable<CredentialVersionsTable>, 'version'>,
  resealer: Resealer,
): Promise<boolean> {
  const row = await db
    .selectFrom('credential_versions')
    .selectAll()
    .where(ofKey(key))
    .where('version', '=', key.version)
    .executeTakeFirst()
  if (row === undefined || row.sealed === null) return true
  return written(resealer.version(versionOf(row), row.sealed), (sealed) =>
    db
      .updateTable('credential_versions')
      .set({ sealed })
      .where(ofKey(key))
      .where('version', '=', key.version)
      .execute(),
  )
}

async function webhooks(db: Kysely<Schema>): Promise<readonly Row[]> {
  const found = await db.selectFrom('webhooks').select(['id', 'secret']).execute()
  return found.map(({ id, secret: before }) => ({
    of: 'webhooks',
    name: `webhook ${id}`,
    reseal: (tx, resealer) =>
      written(resealer.webhook(id as WebhookId, before), (secret) =>
        tx.updateTable('webhooks').set({ secret }).where('id', '=', id).execute(),
      ),
  }))
}

async function written(
  row: ResealedRow | undefined,
  write: (text: string) => Promise<unknown>,
): Promise<boolean> {
  if (row === undefined || typeof row === 'string') return row !== 'unopened'
  await write(row.text)
  return true
}

function nameOf({ name, environment, owner }: Key): string {
  return `credential ${name} (${environment}${owner === '' ? '' : `, ${owner}`})`
}
