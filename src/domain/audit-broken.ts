import type { AlertToRaise } from './alert.ts'
import { DEFAULT_TENANT } from './ids.ts'
import { subjectOf } from './revocation.ts'

/** CDP-26: what people are told when the audit trail does not hold together. */
export function auditBroken(where: string): AlertToRaise {
  return {
    tenant: DEFAULT_TENANT,
    kind: 'audit.broken',
    severity: 'critical',
    subject: subjectOf('tenant', DEFAULT_TENANT),
    lease: null,
    facts: { where },
  }
}
