import type { CredentialKind, Placement } from '../../domain/credential.ts'
import { isOrigin } from '../../domain/credential-checks.ts'
import type { CredentialCategory } from '../../domain/terms.ts'
import type { Verdict } from '../secrets/looks-secret.ts'
import { type Provider, providerByVariable } from '../secrets/providers.ts'

/** What is guessed of a secret; a person sees it and may say otherwise. */
export interface Guess {
  readonly kind: CredentialKind
  readonly category: CredentialCategory
  readonly placement: Placement | undefined
  /** Where it goes; undefined where somebody has to say it. */
  readonly origin: string | undefined
  /** What the file itself says of an address; never taken without being asked for. */
  readonly hint: string | undefined
}

const NOWHERE = { placement: { in: 'none' }, origin: undefined, hint: undefined } as const
const LAST_WORDS = /_(?:API_?KEY|SECRET_KEY|KEY|(?:[A-Z]+_)?TOKEN|SECRET|PASSWORD|PAT)$/
const ADDRESSES = ['BASE_URL', 'API_BASE', 'API_URL', 'API_BASE_URL', 'ENDPOINT', 'URL', 'HOST']

/**
 * Guesses kind and destination of a secret: by its own form, then by its variable's name. A key
 * goes to the address of the table unless the file itself speaks of another for it.
 */
export function guess(
  variable: string,
  verdict: Verdict,
  variables: ReadonlyMap<string, string>,
): Guess {
  const { shape } = verdict
  if (shape === 'private_key') return { kind: 'custom', category: 'other', ...NOWHERE }
  if (shape === 'connection') {
    return { kind: 'connection_string', category: 'database', ...NOWHERE }
  }
  const upper = variable.toUpperCase()
  if (/(?:^AWS_|PASS(?:WORD|WD|PHRASE)?$|PWD$)/.test(upper)) {
    return { kind: 'custom', category: 'other', ...NOWHERE }
  }
  const hint = addressBeside(upper, variables)
  const provider: Provider | undefined = verdict.provider ?? providerByVariable(upper)
  const { sent } = provider ?? {}
  if (sent !== undefined) {
    const { kind, category = 'api_key', placement } = sent
    const other = hint !== undefined && hint !== sent.origin
    return { kind, category, placement, origin: other ? undefined : sent.origin, hint }
  }
  const token = shape === 'token' || /TOKEN$/.test(upper)
  const kind = token ? 'bearer' : 'api_key'
  return { kind, category: 'api_key', placement: undefined, origin: undefined, hint }
}

/** The origin in a variable beside it: `SHOP_URL` beside `SHOP_KEY`. */
function addressBeside(upper: string, variables: ReadonlyMap<string, string>): string | undefined {
  const stem = upper.replace(LAST_WORDS, '')
  for (const [name, value] of variables) {
    const beside = ADDRESSES.some((word) => name.toUpperCase() === `${stem}_${word}`)
    if (!beside || !URL.canParse(value)) continue
    const { origin } = new URL(value)
    if (isOrigin(origin)) return origin
  }
  return undefined
}
