import { StoreFault } from '../fault.ts'
import { bindingsProblem, loadDriver } from './driver.ts'

/** The migrations a file has seen; none when it has no tables of ours. Opens it to read only. */
export async function sqliteMigrations(path: string): Promise<readonly string[]> {
  const Driver = await loadDriver()
  try {
    const raw = new Driver(path, { readonly: true, fileMustExist: true })
    try {
      const known = raw
        .prepare("select 1 from sqlite_master where type = 'table' and name = 'kysely_migration'")
        .get()
      if (known === undefined) return []
      const rows = raw.prepare('select name from kysely_migration').all()
      return rows.map((row) => (row as { readonly name: string }).name)
    } finally {
      raw.close()
    }
  } catch (error) {
    const problem = bindingsProblem(error) ?? `The store ${path} can not be read.`
    throw new StoreFault('unusable', problem, error)
  }
}
