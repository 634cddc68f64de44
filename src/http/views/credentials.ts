import type { z } from '@hono/zod-openapi'
import type { Credential } from '../../domain/credential.ts'
import { timeText } from '../../listener/time-text.ts'
import type { CredentialNow } from '../../usecases/credentials/read-credential.ts'
import type { credentialNowOut, credentialOut } from '../schemas/credentials.ts'

/** A credential without its secret and without its mark. */
export function credentialView(credential: Credential): z.input<typeof credentialOut> {
  const { name, environment, owner, kind, category, placement, backend, version } = credential
  const { token, state, requiresApproval, createdAt, changedAt, origins } = credential
  const { allowedActions, classification } = credential
  return {
    ...{ name, environment, owner, kind, category, placement, backend, version, state },
    origins: [...origins],
    token: token && {
      url: token.url,
      client_id: token.clientId,
      client_auth: token.clientAuth,
      scope: token.scope,
      audience: token.audience,
      private_net: token.privateNet,
    },
    requires_approval: requiresApproval,
    allowed_actions: [...allowedActions],
    classification,
    created_at: timeText(createdAt),
    changed_at: timeText(changedAt),
  }
}

/** A credential with its versions; what is sealed of them stays where it is. */
export function credentialNowView(now: CredentialNow): z.input<typeof credentialNowOut> {
  return {
    ...credentialView(now.credential),
    versions: now.versions.map(({ version, reference, createdAt, createdBy }) => ({
      version,
      reference,
      created_at: timeText(createdAt),
      created_by: createdBy,
    })),
  }
}
