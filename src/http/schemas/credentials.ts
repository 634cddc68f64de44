import { z } from '@hono/zod-openapi'
import {
  CLASSIFICATIONS,
  CREDENTIAL_ACTIONS,
  CREDENTIAL_BACKENDS,
  CREDENTIAL_KINDS,
  DEFAULT_ENVIRONMENT,
} from '../../domain/credential.ts'
import { isCredentialName, isEnvironment } from '../../domain/credential-checks.ts'
import { parsePrincipalId } from '../../domain/ids.ts'
import { CREDENTIAL_FIELD_BYTES_MAX, CREDENTIAL_ORIGINS_MAX } from '../../domain/limits.ts'
import { CREDENTIAL_CATEGORIES } from '../../domain/terms.ts'
import { textAs } from '../../listener/read-as.ts'
import { pageOf, pageQuery, timeOut } from './common.ts'

const nameText = z
  .string()
  .max(260)
  .refine(isCredentialName, 'One to four lowercase segments, such as payments/stripe.')
const environmentText = z
  .string()
  .max(64)
  .refine(isEnvironment, 'One lowercase word, such as staging.')
const principal = textAs(parsePrincipalId, 'This is no principal.').openapi({ type: 'string' })

const placement = z
  .discriminatedUnion('in', [
    z.strictObject({
      in: z.literal('header'),
      name: z.string().max(64),
      prefix: z.string().max(64).default(''),
    }),
    z.strictObject({ in: z.literal('bearer') }),
    z.strictObject({ in: z.literal('basic'), username: z.string().max(255) }),
    z.strictObject({ in: z.literal('query'), name: z.string().max(64) }),
    z.strictObject({ in: z.literal('placeholder'), text: z.string().max(128) }),
    z.strictObject({ in: z.literal('none') }),
  ])
  .openapi('CredentialPlacement')

const token = z
  .strictObject({
    url: z.string().max(1024),
    client_id: z.string().max(255),
    client_auth: z.enum(['basic', 'post']).default('basic'),
    scope: z.string().max(1024).nullable().default(null),
    audience: z.string().max(1024).nullable().default(null),
    private_net: z.boolean().default(false),
  })
  .openapi('CredentialTokenEndpoint')

const fields = z.record(z.string().max(32), z.string().max(CREDENTIAL_FIELD_BYTES_MAX)).openapi({
  description: 'The secret: `value`, and for kind custom other parts. Never readable again.',
  example: { value: 'the secret' },
})
const reference = z.string().max(1100).openapi({
  description: 'What names the secret in the backend `file` or `vault_kv`: path, or path#part.',
  example: 'payments/stripe#api_key',
})
const content = { fields: fields.optional(), reference: reference.optional() }
const oneContent = (body: { fields?: unknown; reference?: unknown }): boolean =>
  (body.fields === undefined) !== (body.reference === undefined)
const ONE_CONTENT = { message: 'Give either fields or a reference.' }

const allowedActions = z
  .array(z.enum(CREDENTIAL_ACTIONS))
  .min(1)
  .transform((actions) => CREDENTIAL_ACTIONS.filter((action) => actions.includes(action)))
  .openapi({ description: 'What may be done with it; `retrieve` hands out its value.' })

export const credentialParams = z.strictObject({
  name: nameText.openapi({
    description: 'Its name; a slash in it is written %2F.',
    example: 'payments/stripe',
  }),
})

/** Beside the name, what tells credentials of one name apart. */
export const credentialQuery = z.strictObject({
  environment: environmentText.default(DEFAULT_ENVIRONMENT),
  owner: principal
    .optional()
    .openapi({ description: 'A principal’s own; absent: the shared one.' }),
})

export const listCredentialsQuery = z.strictObject({
  ...pageQuery,
  environment: environmentText.optional(),
})

export const createCredentialBody = z
  .strictObject({
    name: nameText,
    environment: environmentText.default(DEFAULT_ENVIRONMENT),
    owner: principal.nullable().default(null),
    kind: z.enum(CREDENTIAL_KINDS),
    category: z.enum(CREDENTIAL_CATEGORIES),
    origins: z
      .array(z.string().max(300))
      .max(CREDENTIAL_ORIGINS_MAX)
      .default([])
      .openapi({
        description: 'The only places it may be sent to: scheme, host and port.',
        example: ['https://api.github.com'],
      }),
    placement: placement.optional(),
    token: token.nullable().default(null),
    backend: z.enum(CREDENTIAL_BACKENDS).optional(),
    requires_approval: z.boolean().default(false),
    allowed_actions: allowedActions.default(['use']),
    classification: z.enum(CLASSIFICATIONS).default('confidential'),
    ...content,
  })
  .refine(oneContent, ONE_CONTENT)
  .openapi('CreateCredential')

export const rotateCredentialBody = z
  .strictObject(content)
  .refine(oneContent, ONE_CONTENT)
  .openapi('RotateCredential')

export const rollBackCredentialBody = z
  .strictObject({ version: z.int().min(1) })
  .openapi('RollBackCredential')

export const changeCredentialBody = z
  .strictObject({
    state: z.enum(['active', 'disabled']).optional(),
    origins: z.array(z.string().max(300)).max(CREDENTIAL_ORIGINS_MAX).optional(),
    category: z.enum(CREDENTIAL_CATEGORIES).optional(),
    requires_approval: z.boolean().optional(),
    allowed_actions: allowedActions.optional(),
    classification: z.enum(CLASSIFICATIONS).optional(),
  })
  .openapi('ChangeCredential')

const CREDENTIAL = {
  name: z.string(),
  environment: z.string(),
  owner: z.string().nullable(),
  kind: z.enum(CREDENTIAL_KINDS),
  category: z.enum(CREDENTIAL_CATEGORIES),
  origins: z.array(z.string()),
  placement,
  token: token.nullable(),
  backend: z.enum(CREDENTIAL_BACKENDS),
  version: z.int(),
  state: z.enum(['active', 'disabled']),
  requires_approval: z.boolean(),
  allowed_actions: z.array(z.enum(CREDENTIAL_ACTIONS)),
  classification: z.enum(CLASSIFICATIONS),
  created_at: timeOut,
  changed_at: timeOut,
}

export const credentialOut = z.strictObject(CREDENTIAL).openapi('Credential')
export const credentialPageOut = pageOf(credentialOut, 'CredentialPage')
export const credentialNowOut = z
  .strictObject({
    ...CREDENTIAL,
    versions: z.array(
      z.strictObject({
        version: z.int(),
        reference: z.string().nullable(),
        created_at: timeOut,
        created_by: z.string(),
      }),
    ),
  })
  .openapi('CredentialWithVersions')
