import type { Row } from '../../src/http/pipeline.ts'
import type { Deployment } from './http.ts'
import { type Cast, type Example, examplesOf } from './http-examples.ts'
import { missingOf } from './http-missing.ts'

type Address = Pick<Row, 'method' | 'path'>

/** A request that this row answers with success. */
export async function exampleOf(site: Deployment, cast: Cast, row: Address): Promise<Example> {
  const make = examplesOf(site, cast)[`${row.method} ${row.path}`]
  if (make === undefined) throw notWritten(row, 'example', 'examplesOf', 'http-examples.ts')
  return make()
}

/** A request of this row for what is not there. */
export async function missingAt(site: Deployment, cast: Cast, row: Address): Promise<Example> {
  const missing = (await missingOf(site, cast))[`${row.method} ${row.path}`]
  if (missing === undefined)
    throw notWritten(row, 'request for 404', 'missingOf', 'http-missing.ts')
  return missing
}

function notWritten(row: Address, what: string, table: string, file: string): Error {
  const where = `add it to ${table} in test/support/${file}, or to a file that it gathers`
  return new Error(`There is no ${what} of ${row.method} ${row.path}: ${where}.`)
}
