import { readFileSync } from 'node:fs'
import { readAatIssuers } from '../aat/issuers.ts'
import type { Config } from '../settings/config.ts'
import type { World } from '../usecases/world.ts'

/** Whose chains are accepted; throws the sentence that says what is wrong with the file. */
export function openAat(config: Config): Pick<World, 'aat'> {
  const path = config['aat.issuers_file']
  if (path === '') return {}
  const file = { name: path, text: readFileSync(path, 'utf8') }
  const read = readAatIssuers(file, config.trust_domain)
  if (!read.ok) throw new Error(read.problem)
  return { aat: read.trust }
}
