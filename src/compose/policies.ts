import { readReleaseKey } from '../attestation/signed-code.ts'
import { POLICY_NAMES_TOLD_MAX } from '../domain/limits.ts'
import { shownText } from '../domain/shown-text.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import { problemText, type WatchedPolicies, watchPolicies } from '../policy/source.ts'
import type { Config } from '../settings/config.ts'
import { systemClock } from '../system.ts'

/**
 * Opens the policies of a configuration and follows them; undefined when it has none. Throws a
 * sentence for each thing wrong with the first set: a process does not start under a policy it can
 * not read.
 */
export async function openPolicies(
  config: Pick<Config, 'policy_dir' | 'policy_key'>,
  log: Pick<Log, 'info' | 'warn'>,
  metrics: Pick<Metrics, 'policyLoad'>,
): Promise<WatchedPolicies | undefined> {
  const { policy_dir: folder, policy_key: key } = config
  if (folder === '') {
    if (key !== '') throw new Error('policy_key: there is no policy_dir whose files it could sign.')
    return undefined
  }
  const signer = key === '' ? undefined : readReleaseKey('policy', Buffer.from(key, 'base64url'))
  if (signer?.ok === false) throw new Error('policy_key: this is no sound Ed25519 public key.')
  const policies = await watchPolicies(folder, {
    signedBy: signer?.value.publicKey,
    now: () => systemClock.now(),
    news: {
      loaded: (set) => {
        metrics.policyLoad('loaded', 0)
        log.info('policy.loaded', { version: set.version.slice(0, 12), rules: set.rules.length })
      },
      refused: (problems) => {
        metrics.policyLoad('refused', problems.length)
        for (const problem of problems) {
          log.warn('policy.refused', { problem: problemText(folder, problem) })
        }
      },
      passedOver: (names) => {
        const shown = names.slice(0, POLICY_NAMES_TOLD_MAX).map(({ name }) => shownText(name))
        log.warn('policy.passed_over', { count: names.length, names: shown.join(' ') })
      },
    },
  })
  metrics.policyLoad('loaded', 0)
  const set = policies.current()
  log.info('policy.loaded', { version: set.version.slice(0, 12), rules: set.rules.length })
  return policies
}
