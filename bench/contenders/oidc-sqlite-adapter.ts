import Database from 'better-sqlite3'
import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider'

/**
 * A durable adapter for oidc-provider, written as fairly as we can: one table in the order of its
 * key, WAL, `synchronous=FULL`, prepared statements, and writes that arrive together share one
 * commit before any of them is answered.
 */
export function sqliteAdapter(path: string): AdapterFactory {
  const db = new Database(path)
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.exec(`create table entries (model text, id text, payload text, expires_at integer,
    consumed integer, grant_id text, primary key (model, id)) without rowid`)
  db.exec('create index granted on entries (grant_id) where grant_id is not null')
  const statements = {
    upsert: db.prepare(`insert into entries values (?, ?, ?, ?, null, ?) on conflict (model, id)
      do update set payload = excluded.payload, expires_at = excluded.expires_at`),
    find: db.prepare(
      'select payload, consumed, expires_at from entries where model = ? and id = ?',
    ),
    consume: db.prepare('update entries set consumed = ? where model = ? and id = ?'),
    destroy: db.prepare('delete from entries where model = ? and id = ?'),
    revoke: db.prepare('delete from entries where grant_id = ?'),
  }
  const write = sharedCommits(db)
  const seconds = (): number => Math.floor(Date.now() / 1_000)
  return (model): Adapter => {
    const find = async (id: string): Promise<AdapterPayload | undefined> => {
      const row = statements.find.get(model, id) as Entry | undefined
      if (row === undefined || row.expires_at <= seconds()) return undefined
      const payload = JSON.parse(row.payload) as AdapterPayload
      return row.consumed === null ? payload : { ...payload, consumed: row.consumed }
    }
    const never = async (): Promise<undefined> => undefined
    return {
      find,
      findByUid: never,
      findByUserCode: never,
      upsert: (id, payload, expiresIn) => {
        const ends = seconds() + (expiresIn ?? 0)
        const text = JSON.stringify(payload)
        return write(() => statements.upsert.run(model, id, text, ends, payload.grantId ?? null))
      },
      consume: (id) => write(() => statements.consume.run(seconds(), model, id)),
      destroy: (id) => write(() => statements.destroy.run(model, id)),
      revokeByGrantId: (grant) => write(() => statements.revoke.run(grant)),
    }
  }
}

interface Entry {
  readonly payload: string
  readonly consumed: number | null
  readonly expires_at: number
}

interface Waiting {
  readonly work: () => void
  readonly done: () => void
  readonly fail: (fault: unknown) => void
}

/** Collects writes until the event loop turns, and answers all after their one commit. */
function sharedCommits(db: Database.Database): (work: () => void) => Promise<void> {
  let waiting: Waiting[] = []
  const flush = (): void => {
    const group = waiting
    waiting = []
    try {
      db.transaction(() => {
        for (const { work } of group) work()
      })()
      for (const { done } of group) done()
    } catch (fault) {
      for (const { fail } of group) fail(fault)
    }
  }
  return (work) =>
    new Promise((done, fail) => {
      if (waiting.push({ work, done, fail }) === 1) setImmediate(flush)
    })
}
