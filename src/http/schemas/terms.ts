import { z } from '@hono/zod-openapi'
import {
  APPROVAL_MODES,
  type ApprovalMode,
  ASKING_TERMS,
  type ContractTerms,
  CREDENTIAL_CATEGORIES,
  OPEN_TERMS,
} from '../../domain/terms.ts'
import { epochSeconds } from '../../domain/time.ts'
import { timeOut } from './common.ts'

const CALLS_MAX = 1_000_000_000
const ENTRIES_MAX = 64

const calls = z.union([z.literal('unlimited'), z.int().min(1).max(CALLS_MAX)])
const entry = z.string().min(1).max(255)
const entries = z.union([z.literal('any'), z.array(entry).max(ENTRIES_MAX)])

/** Terms as an owner writes them; what is left out is as in OPEN_TERMS. */
export const termsIn = termsUnder(OPEN_TERMS.approvalMode).openapi('ContractTerms')

/** Terms of an agent that came by enrollment: asked each time unless they say otherwise. */
export const askingTermsIn = termsUnder(ASKING_TERMS.approvalMode).openapi('EnrolledTerms')

function termsUnder(mode: ApprovalMode) {
  return z
    .strictObject({
      approval_mode: z.enum(APPROVAL_MODES).default(mode),
      categories: z.array(z.enum(CREDENTIAL_CATEGORIES)).default([]),
      credentials: entries.default('any'),
      environments: entries.default('any'),
      rate: z
        .strictObject({ hour: calls.default('unlimited'), day: calls.default('unlimited') })
        .default({ hour: 'unlimited', day: 'unlimited' }),
      actions: z.boolean().default(false),
      key_only_tokens: z.boolean().default(false),
      retrieve: z.boolean().default(false),
      expires_at: z.iso.datetime().nullable().default(null),
    })
    .transform(
      ({ approval_mode: approvalMode, key_only_tokens: keyOnly, expires_at, ...terms }) => {
        const expiresAt =
          expires_at === null ? null : epochSeconds(Math.floor(Date.parse(expires_at) / 1_000))
        return { ...terms, approvalMode, keyOnly, expiresAt } satisfies ContractTerms
      },
    )
}

/** Terms as they stand. */
export const termsOut = z
  .strictObject({
    approval_mode: z.enum(APPROVAL_MODES),
    categories: z.array(z.enum(CREDENTIAL_CATEGORIES)),
    credentials: z.union([z.literal('any'), z.array(z.string())]),
    environments: z.union([z.literal('any'), z.array(z.string())]),
    rate: z.strictObject({
      hour: z.union([z.literal('unlimited'), z.int()]),
      day: z.union([z.literal('unlimited'), z.int()]),
    }),
    actions: z.boolean(),
    key_only_tokens: z.boolean(),
    retrieve: z.boolean(),
    expires_at: timeOut.nullable(),
  })
  .openapi('ContractTermsSet')
