import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../settings/config.ts'
import { StoreFault } from '../store/fault.ts'
import type { SchemaState } from '../store/migrate.ts'
import { schemaOf } from '../store/schema-state.ts'
import { readProvidedSecret } from '../vault/secret-file.ts'
import { STORE_FILE } from './world.ts'

/** How the configured store stands, with a sentence where it can not serve. */
type StoreLook =
  | { readonly state: 'none' | 'current' }
  | { readonly state: 'behind' | 'newer' | 'unreachable' | 'unusable'; readonly sentence: string }

const SENTENCES: Readonly<Record<Exclude<SchemaState, 'current'>, string>> = {
  none: 'The database has no tables of Writ yet.',
  behind: 'The tables in the database are of an older Writ.',
  newer: 'The store was made by another version of Writ.',
}

/** Looks, and changes nothing: no file, table or key is made. */
export async function lookAtStore(config: Config): Promise<StoreLook> {
  const { data_dir: dataDir, database_url: url, database_url_file: urlFile } = config
  const path = join(dataDir, STORE_FILE)
  try {
    const databaseUrl = urlFile === '' ? url : readProvidedSecret(urlFile).trim()
    if (databaseUrl === '' && !existsSync(path)) return { state: 'none' }
    const state = await schemaOf(databaseUrl === '' ? { path } : { databaseUrl })
    if (state === 'current') return { state }
    return { state: state === 'none' ? 'behind' : state, sentence: SENTENCES[state] }
  } catch (fault) {
    const sentence = fault instanceof Error ? fault.message : String(fault)
    const away = fault instanceof StoreFault && fault.code === 'status_unknown'
    return { state: away ? 'unreachable' : 'unusable', sentence }
  }
}
