import type { z } from '@hono/zod-openapi'
import type { ContractTerms } from '../../domain/terms.ts'
import { timeText } from '../../listener/time-text.ts'
import type { termsOut } from '../schemas/terms.ts'

/** The terms of a contract, as they stand. */
export function termsView(terms: ContractTerms): z.input<typeof termsOut> {
  const { approvalMode, categories, credentials, environments, keyOnly, expiresAt } = terms
  return {
    approval_mode: approvalMode,
    categories: [...categories],
    credentials: credentials === 'any' ? 'any' : [...credentials],
    environments: environments === 'any' ? 'any' : [...environments],
    rate: terms.rate,
    actions: terms.actions,
    retrieve: terms.retrieve,
    key_only_tokens: keyOnly === true,
    expires_at: expiresAt === null ? null : timeText(expiresAt),
  }
}
