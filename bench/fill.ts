import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { Lease } from '../src/domain/lease.ts'
import { TOKEN_TTL_SECONDS_MAX } from '../src/domain/limits.ts'
import type { Stage } from './stage.ts'

/** Rows of one transaction while filling. */
const PORTION = 250_000
/** Children of one lease in the bench trees; three levels of them make the largest. */
const FANOUT = 100

/**
 * Fills the store beside its writer, in large transactions that nobody waits for. What is written
 * has the columns, sizes and order of what the product writes; only the ids are of random hex, cut
 * to their length.
 */
export class Filler {
  readonly #db: Database.Database

  constructor(stage: Stage) {
    this.#db = new Database(join(stage.config.data_dir, 'writ.db'), { timeout: 60_000 })
    this.#db.pragma('synchronous = OFF')
    this.#db.pragma('cache_size = -262144')
  }

  /**
   * `count` tokens that were spent and have not expired, spread over the longest life of one;
   * copied from one that was really spent, which there has to be.
   */
  spentTokens(count: number): void {
    const made: Readonly<Record<string, string>> = {
      expires_at: '@now + 1 + n * @life / @count',
      jti: 'substr(hex(randomblob(11)), 1, 22)',
      certificate: 'hex(randomblob(16)) || substr(hex(randomblob(6)), 1, 11)',
      sequence: 'sequence + n',
    }
    const { columns, values } = this.#columns('spent_tokens', made)
    const insert = this.#db.prepare(`
      with recursive numbers(n) as (values(@from) union all select n + 1 from numbers
        where n + 1 < @until)
      insert into spent_tokens (${columns}) select ${values}
      from (select * from spent_tokens limit 1) cross join numbers`)
    const terms = { count, now: Math.floor(Date.now() / 1_000), life: TOKEN_TTL_SECONDS_MAX }
    let inserted = 0
    for (let from = 0; from < count; from += PORTION) {
      inserted += insert.run({ ...terms, from, until: Math.min(count, from + PORTION) }).changes
    }
    if (inserted !== count) throw new Error(`${inserted} of ${count} spent tokens were inserted`)
    this.#db.pragma('wal_checkpoint(TRUNCATE)')
  }

  /** `count` descendants of a root, at most FANOUT below each lease, copied level by level. */
  descendants(root: Lease, count: number): void {
    const made: Readonly<Record<string, string>> = {
      id: 'fresh.id',
      parent_id: 'p.id',
      depth: 'p.depth + 1',
      path: `p.path || fresh.id || '/'`,
      holders: `json_insert(p.holders, '$[#]', p.holder)`,
    }
    const { columns, values } = this.#columns('leases', made, 'p.')
    const insert = this.#db.prepare(`
      with recursive numbers(n) as (values(1) union all select n + 1 from numbers
        where n < ${FANOUT}),
      parents as materialized (select * from leases where root_id = @root and depth = @depth),
      fresh as materialized (select parents.id as parent,
        'lease_' || substr(hex(randomblob(11)), 1, 21) || 'A' as id
        from parents cross join numbers limit @room)
      insert into leases (${columns}) select ${values}
      from fresh join parents as p on p.id = fresh.parent`)
    const grow = this.#db.prepare('update trees set leases = leases + ? where root_id = ?')
    this.#db.transaction(() => {
      let left = count
      for (let depth = 0; left > 0; depth += 1) {
        left -= insert.run({ root: root.id, depth, room: left }).changes
      }
      grow.run(count, root.id)
    })()
    this.#db.pragma('wal_checkpoint(TRUNCATE)')
  }

  /** The columns of a table and what a copy has in them: what is made anew, or the same. */
  #columns(table: string, made: Readonly<Record<string, string>>, from = '') {
    const info = this.#db.prepare('select name from pragma_table_info(?)').pluck()
    const names = info.all(table).map(String)
    const values = names.map((name) => made[name] ?? `${from}${name}`)
    return { columns: names.join(', '), values: values.join(', ') }
  }

  /** Forgets that a lease was revoked, so that the same tree can be revoked again. */
  unrevoke(lease: Lease): void {
    this.#db.prepare('delete from revocations where subject = ?').run(`lease:${lease.id}`)
  }

  /** Bytes of the database once its log has been folded in. */
  bytes(): number {
    this.#db.pragma('wal_checkpoint(TRUNCATE)')
    const pages = Number(this.#db.pragma('page_count', { simple: true }))
    return pages * Number(this.#db.pragma('page_size', { simple: true }))
  }

  end(): void {
    this.#db.close()
  }
}
