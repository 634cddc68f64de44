import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import Database from 'better-sqlite3'

type Row = Record<string, string | number | null>

/** Where the grown leases hang, and what to name in a test. */
export interface LargeTree {
  readonly leases: number
  /** Ids of the branches, direct children of the root. */
  readonly branches: readonly string[]
}

/**
 * Grows a tree in the store of a process that runs, in one transaction: `branches` children of the
 * root, each with `twigs` of its own. Every row is the copy of a lease that was really redeemed,
 * with an id and a path of its own.
 */
export function growTree(
  folder: string,
  template: string,
  size: { readonly branches: number; readonly twigs: number },
): LargeTree {
  const db = new Database(join(folder, 'data', 'writ.db'))
  try {
    db.pragma('busy_timeout = 10000')
    const row = db.prepare('select * from leases where id = ?').get(template) as Row
    const budgets = db.prepare('select * from lease_budgets where id = ?').all(template) as Row[]
    const put = {
      lease: inserter(db, 'leases', row),
      budget: inserter(db, 'lease_budgets', budgets[0]),
    }
    const root = String(row['root_id'])
    const grow = (parent: string, path: string, depth: number) => {
      const id = `lease_${randomBytes(16).toString('base64url')}`
      const own = `${path}${id}/`
      const holders = JSON.stringify(
        [...JSON.parse(String(row['holders']))].concat(
          depth > Number(row['depth']) ? [String(row['holder'])] : [],
        ),
      )
      put.lease({ ...row, id, parent_id: parent, path: own, depth, holders })
      for (const budget of budgets) put.budget({ ...budget, id })
      return { id, path: own }
    }
    const branches: string[] = []
    const depth = Number(row['depth'])
    db.transaction(() => {
      for (let at = 0; at < size.branches; at += 1) {
        const branch = grow(root, `${root}/`, depth)
        branches.push(branch.id)
        for (let twig = 0; twig < size.twigs; twig += 1) grow(branch.id, branch.path, depth + 1)
      }
      db.prepare(
        'update trees set leases = (select count(*) from leases where root_id = ?) where root_id = ?',
      ).run(root, root)
    }).immediate()
    const { leases } = db.prepare('select leases from trees where root_id = ?').get(root) as {
      leases: number
    }
    return { leases, branches }
  } finally {
    db.close()
  }
}

function inserter(db: Database.Database, table: string, like: Row | undefined): (row: Row) => void {
  if (like === undefined) return () => undefined
  const columns = Object.keys(like)
  const values = columns.map((column) => `@${column}`).join(', ')
  const statement = db.prepare(`insert into ${table} (${columns.join(', ')}) values (${values})`)
  return (row) => void statement.run(row)
}
