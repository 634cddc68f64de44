import { z } from '@hono/zod-openapi'
import {
  POLICY_FILE_BYTES_MAX,
  POLICY_FILES_MAX,
  POLICY_REPLAY_RECORDS_DEFAULT,
  POLICY_REPLAY_RECORDS_MAX,
} from '../../domain/limits.ts'
import { POLICY_ACTIONS } from '../../domain/policy.ts'
import { CREDENTIAL_CATEGORIES } from '../../domain/terms.ts'
import { epochSeconds } from '../../domain/time.ts'
import { UNJUDGED } from '../../usecases/replay/known-then.ts'
import { REPLAYED } from '../../usecases/replay/tally.ts'
import { agentUri, leaseId, timeOut } from './common.ts'
import { requestToJudge, scopeRequest } from './scope.ts'

const word = z.string().min(1).max(1024)
const NOT_OF_LEASE = 'With `lease_id` the labels of the lease say it, and this says nothing.'
const mode = z.enum(['auto', 'prompt', 'quarantine', 'deny'])
const place = { file: z.string(), line: z.int() }
const ruleOut = z.strictObject({
  name: z.string(),
  description: z.string().nullable(),
  mode,
  ...place,
})

const problemOut = z.strictObject({ ...place, reason: z.string() })
const effect = z.enum(['allow', 'require_approval', 'quarantine', 'deny'])

export const policiesOut = z
  .strictObject({
    version: z.string().nullable().openapi({
      description: 'Hash of all files of the set in force; null: contracts alone decide.',
    }),
    loaded_at: timeOut.nullable(),
    rules: z.array(ruleOut).openapi({ description: 'In the order they are looked at.' }),
    problems: z
      .array(problemOut)
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
    project: word.optional().openapi({ description: NOT_OF_LEASE }),
    workspace: word.optional().openapi({ description: NOT_OF_LEASE }),
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
    effect,
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

export const replayPolicyBody = z
  .strictObject({
    files: z
      .record(z.string().regex(/^[^./][^/]{0,250}\.toml$/), z.string().max(POLICY_FILE_BYTES_MAX))
      .refine((files) => Object.keys(files).length <= POLICY_FILES_MAX, 'too many files')
      .openapi({ description: 'The candidate set: the text of each file by its name.' }),
    limit: z
      .int()
      .min(1)
      .max(POLICY_REPLAY_RECORDS_MAX)
      .optional()
      .openapi({
        description: `Records to read, newest first; ${POLICY_REPLAY_RECORDS_DEFAULT} if absent.`,
      }),
  })
  .openapi('ReplayPolicy')

const event = z.enum(REPLAYED)
const said = z.strictObject({
  effect,
  policy: z.string().nullable().openapi({
    description: 'Names of rules; `default` or empty: no rule allows it; null: none was asked.',
  }),
})

export const policyReplayOut = z
  .strictObject({
    version: z.string().nullable().openapi({ description: 'null: the candidate is no set.' }),
    problems: z.array(problemOut),
    records: z.int().openapi({ description: 'Records that were read.' }),
    since: timeOut.nullable().openapi({ description: 'The moment of the oldest of them.' }),
    decisions: z.int().openapi({ description: 'Decisions of policies, or without any, in them.' }),
    unchanged: z.int(),
    changes: z.array(z.strictObject({ event, before: effect, after: effect, count: z.int() })),
    examples: z
      .array(
        z.strictObject({
          record: z.strictObject({ chain: z.string(), sequence: z.int() }),
          at: timeOut,
          event,
          agent: z.string(),
          lease_id: z.string().nullable(),
          asked: z.string(),
          before: said,
          after: said,
        }),
      )
      .openapi({ description: 'The newest that would change; bounded.' }),
    unjudged: z
      .array(z.strictObject({ event, why: z.enum(UNJUDGED), count: z.int() }))
      .openapi({ description: 'Decisions that can not be made again, and why.' }),
  })
  .openapi('PolicyReplay')
