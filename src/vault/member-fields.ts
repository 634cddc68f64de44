import type { CredentialKind } from '../domain/credential.ts'
import { isFieldName } from '../domain/credential-checks.ts'
import type { Found } from './credential-vault.ts'
import { Secret } from './secret.ts'

/**
 * The parts of a credential out of an object of texts: the member `part` as `value`, without `part`
 * the member `value`, and for kind custom without `part` every member.
 */
export function memberFields(
  members: unknown,
  kind: CredentialKind,
  part: string | undefined,
): Found {
  if (typeof members !== 'object' || members === null) return { ok: false, reason: 'unfit' }
  const entries = Object.entries(members)
  const whole = kind === 'custom' && part === undefined
  const chosen = whole ? entries : entries.filter(([name]) => name === (part ?? 'value'))
  const texts = chosen.flatMap(([name, text]): readonly (readonly [string, string])[] =>
    typeof text === 'string' && (!whole || isFieldName(name)) ? [[name, text]] : [],
  )
  if (texts.length === 0 || texts.length !== chosen.length) return { ok: false, reason: 'unfit' }
  const named = texts.map(([name, text]) => [whole ? name : 'value', Secret.of(text)] as const)
  return { ok: true, fields: Object.fromEntries(named) }
}
