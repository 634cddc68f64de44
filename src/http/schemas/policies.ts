import { z } from '@hono/zod-openapi'
import { POLICY_ACTIONS } from '../../domain/policy.ts'
import { CREDENTIAL_CATEGORIES } from '../../domain/terms.ts'
import { epochSeconds } from '../../domain/time.ts'
import { agentUri, leaseId, timeOut } from './common.ts'
import { requestToJudge, scopeRequest } from './scope.ts'

const word = z.string().min(1).max(1024)
const mode = z.enum(['auto', 'prompt', 'quarantine', 'deny'])
const place = { file: z.string(), line: z.int() }
const ruleOut = z.strictObject({
  name: z.string(),
  description: z.string().nullable(),
  mode,
  ...place,
})

export const policiesOut = z
  .strictObject({
    version: z.string().nullable().openapi({
      description: 'Hash of all files of the set in force; null: contracts alone decide.',
    }),
    loaded_at: timeOut.nullable(),
    rules: z.array(ruleOut).openapi({ description: 'In the order they are looked at.' }),
    problems: z
      .array(z.strictObject({ ...place, reason: z.string() }))
      .openapi({ description: 'Of the folder as it is now; with any, the set before it decides.' }),
  })
  .openapi('Policies')

const grantActions = POLICY_ACTIONS.filter((action) => action !== 'call')

export const explainPolicyBody = z
  .strictObject({
    agent: agentUri,
    lease_id: leaseId.optional(),
    asked: z.union([
      z.strictObject({ action: z.enum(grantActions), scope: scopeRequest }),
      z.strictObject({ action: z.literal('call'), audience: word, request: requestToJudge }),
    ]),
    delegate: agentUri.optional(),
    credential: z
      .strictObject({ name: word, category: z.enum(CREDENTIAL_CATEGORIES).optional() })
      .optional(),
    project: word.optional(),
    workspace: word.optional(),
    environment: word.optional(),
    address: word.optional(),
    at: z.iso
      .datetime()
      .transform((text) => epochSeconds(Math.floor(Date.parse(text) / 1000)))
      .optional()
      .openapi({ type: 'string', format: 'date-time', description: 'Now, unless it is said.' }),
  })
  .openapi('ExplainPolicy')

export const policyExplanationOut = z
  .strictObject({
    effect: z.enum(['allow', 'require_approval', 'quarantine', 'deny']),
    rules: z.array(z.string()).openapi({ description: 'Those that decided; none: by default.' }),
    approvals: z.int().openapi({ description: 'How many people have to say yes.' }),
    beyond: z.array(z.string()).openapi({ description: 'Where it asks for too much.' }),
    version: z.string().nullable(),
    considered: z.array(
      z.strictObject({
        rule: z.string(),
        mode,
        ...place,
        matched: z.boolean(),
        unmet: z.array(z.string()).openapi({ description: 'Conditions that do not hold.' }),
        beyond: z.array(z.string()),
        decided: z.boolean(),
      }),
    ),
  })
  .openapi('PolicyExplanation')
