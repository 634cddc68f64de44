import { readFileSync } from 'node:fs'
import { createAppraiser } from '../attestation/appraise.ts'
import { openIssuers } from '../attestation/oidc/appraise-oidc.ts'
import { readIssuers, type TrustedIssuer } from '../attestation/oidc/issuers.ts'
import { type ProcessWatch, watchProcesses } from '../attestation/process/liveness.ts'
import { type ReleaseKey, readReleaseKey } from '../attestation/signed-code.ts'
import { PROCESS_POLL_MS } from '../domain/limits.ts'
import type { Log } from '../log.ts'
import type { Config } from '../settings/config.ts'
import { tellOverdue } from '../usecases/attestation/tell-overdue.ts'
import { createProcessPoll } from '../usecases/attestation/watch-processes.ts'
import type { World } from '../usecases/world.ts'
import { type Endings, every } from './process.ts'

/** How often it is looked who should have proven itself again. */
const OVERDUE_EVERY_MS = 60_000

/** What of a world is about evidence; throws the sentence that says what is wrong with settings. */
export function openAppraisal(config: Config, log: Log): Pick<World, 'appraise' | 'attestation'> {
  const issuers = openIssuers(readTrustedIssuers(config), (issuer, cause) =>
    log.fault('attestation.issuer_away', cause, { issuer }),
  )
  return {
    appraise: createAppraiser({
      verifier: config.issuer,
      releaseKeys: readReleaseKeys(config),
      issuers,
    }),
    attestation: {
      suspendOnMismatch: config['attestation.suspend_on_mismatch'],
      renewSeconds: config['attestation.renew_seconds'],
    },
  }
}

/** Looks after evidence until the process ends: measured processes, and proofs that are overdue. */
export async function watchEvidence(world: World, endings: Endings): Promise<void> {
  every(PROCESS_POLL_MS, endings, createProcessPoll(world, await openWatch()))
  every(OVERDUE_EVERY_MS, endings, () => tellOverdue(world))
}

/** Where there is no `/proc` nothing is measured, and what others measured is not seen here. */
async function openWatch(): Promise<ProcessWatch> {
  try {
    return await watchProcesses()
  } catch {
    return { host: 'none', look: async () => 'unknown' }
  }
}

function readTrustedIssuers(config: Config): ReadonlyMap<string, TrustedIssuer> {
  const path = config['attestation.oidc_issuers_file']
  if (path === '') return new Map()
  const read = readIssuers({ name: path, text: readFileSync(path, 'utf8') })
  if (!read.ok) throw new Error(read.problem)
  return read.issuers
}

function readReleaseKeys(config: Config): readonly ReleaseKey[] {
  return config['attestation.release_keys'].map((entry) => {
    const colon = entry.indexOf(':')
    const bytes = Buffer.from(entry.slice(colon + 1), 'base64url')
    const read = readReleaseKey(entry.slice(0, colon), bytes)
    if (colon > 0 && read.ok) return read.value
    throw new Error(`attestation.release_keys: ${entry} is not name:key with a sound Ed25519 key.`)
  })
}
