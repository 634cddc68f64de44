import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { epochSeconds } from '../../src/domain/time.ts'
import { freePort } from '../support/free-ports.ts'
import { postgresPlace, sharedCluster } from '../support/postgres.ts'
import { afterTest } from '../support/store.ts'
import { given, redeemed, T0, testAgent, testLease, testSpend } from '../support/store-facts.ts'
import { redeemContract } from './contract/redeem.ts'

const PGBOUNCER = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'].find((path) => existsSync(path))
/** Fewer connections to the server than one store opens: each transaction gets any of them. */
const SERVER_CONNECTIONS = 3

describe.skipIf(PGBOUNCER === undefined)('behind pgbouncer in transaction mode', () => {
  redeemContract(() => {
    const place = postgresPlace()
    let pooled: Promise<string> | undefined
    return {
      clock: place.clock,
      async open() {
        pooled ??= place.databaseUrl().then((url) => startPooler(url))
        return place.open({ databaseUrl: await pooled })
      },
    }
  })

  it('two stores get along with one connection of the server, while time goes on', async () => {
    const place = postgresPlace()
    const databaseUrl = await startPooler(await place.databaseUrl(), 1)
    let asked = 0
    const clock = { now: () => epochSeconds(T0 + Math.floor(asked++ / 4)) }
    const stores = [
      await place.open({ databaseUrl, clock }),
      await place.open({ databaseUrl, clock }),
    ]
    const expiresAt = epochSeconds(T0 + 5_000)
    const leases = Array.from({ length: 8 }, () => testLease('worker', { maxUses: 20, expiresAt }))
    const [first, second] = stores
    if (first === undefined || second === undefined) throw new Error('two stores')
    await given(first, { agents: [testAgent('worker')], leases })
    const outcomes = await Promise.all(
      leases.flatMap((lease) =>
        Array.from({ length: 30 }, (_, at) =>
          redeemed(at % 2 === 0 ? first : second, testSpend(lease, { expiresAt })),
        ),
      ),
    )
    expect(outcomes.filter((outcome) => outcome === 'spent')).toHaveLength(8 * 20)
    expect(outcomes.filter((outcome) => outcome === 'uses_exhausted')).toHaveLength(8 * 10)
    expect(await second.verifyAudit()).toMatchObject({ whole: true, records: 241 })
  })
})

/** Starts a pooler before the database of a URL; answers the URL through it. */
async function startPooler(databaseUrl: string, connections = SERVER_CONNECTIONS): Promise<string> {
  const { user, password, port } = await sharedCluster()
  const folder = mkdtempSync(join(tmpdir(), 'writ-pooler-'))
  const listen = await freePort()
  const users = join(folder, 'users.txt')
  writeFileSync(users, `"${user}" "${password}"\n`)
  const file = join(folder, 'pgbouncer.ini')
  writeFileSync(
    file,
    `[databases]
* = host=127.0.0.1 port=${port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${listen}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
pool_mode = transaction
default_pool_size = ${connections}
server_reset_query =
`,
  )
  // It refuses to run as root; then it runs as the user of the database server.
  chmodSync(folder, 0o755)
  for (const path of [users, file]) chmodSync(path, 0o644)
  const asRoot = process.getuid?.() === 0 ? ['-u', 'postgres'] : []
  const child = spawn(String(PGBOUNCER), [...asRoot, file], { stdio: 'ignore' })
  afterTest(() => {
    child.kill('SIGKILL')
  })
  const url = new URL(databaseUrl)
  url.port = String(listen)
  await expect.poll(() => answers(url.href), { timeout: 10_000 }).toBe(true)
  return url.href
}

async function answers(connectionString: string): Promise<boolean> {
  const client = new pg.Client({ connectionString })
  try {
    await client.connect()
    await client.query('select 1')
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}
