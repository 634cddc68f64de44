import { LRUCache } from 'lru-cache'
import type { AnomalyRule, Finding } from '../../domain/anomaly.ts'
import { ANOMALY_QUIET_SECONDS, WATCH_REMEMBERED_MAX } from '../../domain/limits.ts'
import {
  burst,
  policyQuarantine,
  rateExceeded,
  refusals,
  replay,
  useAfterRevoke,
} from './count-rules.ts'
import { newAddress, newCertificate, type Rule } from './place-rules.ts'
import type { Seen } from './seen.ts'

const RULES: Readonly<Record<AnomalyRule, () => Rule>> = {
  new_certificate: newCertificate,
  new_address: newAddress,
  burst,
  refusals,
  replay,
  use_after_revoke: useAfterRevoke,
  rate_exceeded: rateExceeded,
  policy_quarantine: policyQuarantine,
}

/**
 * All rules that are wanted, with what they remember. What they hold is bounded, and begins anew
 * with each watcher. The same rule says nothing of the same subject for ANOMALY_QUIET_SECONDS,
 * unless it is worse than before.
 */
export function createRules(
  isWanted: (rule: AnomalyRule) => boolean,
): (seen: Seen) => readonly Finding[] {
  const names = Object.keys(RULES) as AnomalyRule[]
  const rules = names.filter(isWanted).map((name) => RULES[name]())
  const told = new LRUCache<string, number>({ max: WATCH_REMEMBERED_MAX })
  return (seen) =>
    rules.flatMap((rule) => {
      const finding = rule(seen)
      if (finding === undefined) return []
      const key = `${finding.rule} ${finding.severity} ${finding.subject}`
      const before = told.get(key)
      if (before !== undefined && seen.time - before < ANOMALY_QUIET_SECONDS) return []
      told.set(key, seen.time)
      return [finding]
    })
}
