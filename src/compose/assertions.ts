import { readFileSync } from 'node:fs'
import { readAssertionIssuers } from '../attestation/assertion/issuers.ts'
import { openAssertionIssuers } from '../attestation/assertion/verify-assertion.ts'
import type { Log } from '../log.ts'
import type { Config } from '../settings/config.ts'
import type { World } from '../usecases/world.ts'

/** Whose word for a person is taken; throws the sentence that says what is wrong with the file. */
export function openAssertions(config: Config, log: Log): Pick<World, 'assertions'> {
  const path = config['oauth.assertion_issuers_file']
  if (path === '') return {}
  const file = { name: path, text: readFileSync(path, 'utf8') }
  const read = readAssertionIssuers(file, config.trust_domain)
  if (!read.ok) throw new Error(read.problem)
  const failed = (issuer: string, cause: unknown) =>
    log.fault('attestation.issuer_away', cause, { issuer })
  return { assertions: openAssertionIssuers(read.issuers, failed) }
}
