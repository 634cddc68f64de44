import type { Kysely } from 'kysely'
import type { DnsPin, PinnedName } from '../domain/dns-pin.ts'
import type { EpochSeconds } from '../domain/time.ts'
import type { Schema } from './schema.ts'

/** The addresses a name has for a tree. */
export async function readPinnedAddresses(
  db: Kysely<Schema>,
  { tenant, root, host }: PinnedName,
): Promise<readonly string[] | undefined> {
  const row = await db
    .selectFrom('dns_pins')
    .select('addresses')
    .where('root_id', '=', root)
    .where('host', '=', host)
    .where('tenant', '=', tenant)
    .executeTakeFirst()
  return row === undefined ? undefined : (JSON.parse(row.addresses) as readonly string[])
}

/** Pins a name: one conditional insert, so of many writers one wins; others read what stands. */
export async function pinAddresses(
  db: Kysely<Schema>,
  now: EpochSeconds,
  pin: DnsPin,
): Promise<readonly string[]> {
  const { tenant, root, host, addresses } = pin
  const values = { root_id: root, host, tenant, addresses: JSON.stringify(addresses) }
  await db
    .insertInto('dns_pins')
    .values({ ...values, pinned_at: now })
    .onConflict((conflict) => conflict.columns(['root_id', 'host']).doNothing())
    .execute()
  const standing = await readPinnedAddresses(db, pin)
  if (standing === undefined) throw new Error('a pin is there once it was written')
  return standing
}
