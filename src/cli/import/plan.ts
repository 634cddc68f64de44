import {
  type CredentialKind,
  DEFAULT_ENVIRONMENT,
  type Placement,
} from '../../domain/credential.ts'
import { checkCredential } from '../../domain/credential-checks.ts'
import type { CredentialCategory } from '../../domain/terms.ts'
import { readPlacement } from '../credential-input.ts'
import { usage } from '../outcome.ts'
import { judgeVariable } from '../secrets/looks-secret.ts'
import { guess } from './guess.ts'

/** What a person says of the variables of a file; each as `VARIABLE=…`. */
export interface ImportChoices {
  readonly only?: string
  readonly origin?: readonly string[]
  readonly as?: readonly string[]
  readonly kind?: readonly string[]
  readonly placement?: readonly string[]
  readonly environment?: string
  readonly owner?: string
}

/** One secret as it would be stored. Its value is apart, so that no print of this has it. */
export interface PlannedCredential {
  readonly variable: string
  /** Why it is taken for a secret. */
  readonly because: string
  readonly name: string
  readonly kind: CredentialKind
  readonly category: CredentialCategory
  readonly placement: Placement
  readonly origins: readonly string[]
}

/** What stays, and why. */
export interface LeftVariable {
  readonly variable: string
  readonly because: string
}

/** What an import would do. */
export interface ImportPlan {
  readonly secrets: readonly PlannedCredential[]
  readonly left: readonly LeftVariable[]
}

/** Asked where a secret goes that nothing else tells; undefined leaves it where it is. */
export type AskOrigin = (variable: string, hint: string | undefined) => Promise<string | undefined>

/**
 * Plans an import; sends nothing. Usage failures: a choice about a variable that is not there, a
 * credential that could not be, two of one name, and, unless `lenient`, secrets without a
 * destination.
 */
export async function planImport(
  variables: ReadonlyMap<string, string>,
  choices: ImportChoices,
  askOrigin: AskOrigin | undefined,
  lenient = false,
): Promise<ImportPlan> {
  const only = choices.only?.split(',').map((name) => name.trim())
  const said = readChoices(choices)
  const named = [...(only ?? []), ...Object.values(said).flatMap((of) => [...of.keys()])]
  const absent = named.find((name) => !variables.has(name))
  if (absent !== undefined) throw usage(`There is no variable ${absent}.`)
  const secrets: PlannedCredential[] = []
  const left: LeftVariable[] = []
  const homeless: string[] = []
  for (const [variable, value] of variables) {
    const verdict = judgeVariable(variable, value)
    const chosen = only === undefined ? verdict.secret : only.includes(variable)
    if (!chosen || value === '') {
      const because = verdict.secret ? 'not in --only' : verdict.because
      left.push({ variable, because })
      continue
    }
    const guessed = guess(variable, verdict, variables)
    const kind = (said.kind.get(variable) as CredentialKind | undefined) ?? guessed.kind
    const placement = placementOf(variable, said, guessed)
    const origin = said.origin.get(variable) ?? guessed.origin
    const goes = placement?.in !== 'none'
    const asked = origin ?? (goes ? await askOrigin?.(variable, guessed.hint) : undefined)
    if (goes && asked === undefined) {
      if (askOrigin === undefined) homeless.push(variable)
      left.push({ variable, because: 'nobody said where it may be sent' })
      continue
    }
    const name = said.as.get(variable) ?? credentialName(variable)
    const origins = asked === undefined ? [] : [asked]
    const { category } = guessed
    const terms = { variable, name, kind, category, placement, origins }
    secrets.push({ ...checked(terms, choices.environment), because: verdict.because })
  }
  if (homeless.length > 0 && !lenient) throw withoutDestination(homeless)
  refuseTwins(secrets)
  return { secrets, left }
}

/** `SHOP_KEY` is `shop-key`, always: the same file comes to the same names. */
function credentialName(variable: string): string {
  return variable.toLowerCase().replace(/^_+/, '').replaceAll('_', '-')
}

type Said = Readonly<Record<'origin' | 'as' | 'kind' | 'placement', ReadonlyMap<string, string>>>

function readChoices(choices: ImportChoices): Said {
  const { origin, as, kind, placement } = choices
  return {
    origin: pairs('--origin', origin),
    as: pairs('--as', as),
    kind: pairs('--kind', kind),
    placement: pairs('--placement', placement),
  }
}

function pairs(flag: string, given: readonly string[] = []): ReadonlyMap<string, string> {
  return new Map(
    given.map((pair) => {
      const at = pair.indexOf('=')
      if (at > 0) return [pair.slice(0, at), pair.slice(at + 1)]
      throw usage(`${flag} takes VARIABLE=…: it is about one variable of the file.`)
    }),
  )
}

/** What was said, then what was guessed; a kind that was said has its own usual place. */
function placementOf(
  variable: string,
  said: Said,
  guessed: { readonly placement: Placement | undefined },
): Placement | undefined {
  const placement = readPlacement(said.placement.get(variable))
  if (placement !== undefined) return placement
  const kind = said.kind.get(variable)
  if (kind === 'connection_string' || kind === 'custom') return { in: 'none' }
  return kind === undefined ? guessed.placement : undefined
}

/** The same check as the service's, before anything is sent: all or nothing begins here. */
function checked(
  terms: Omit<PlannedCredential, 'because' | 'placement'> & {
    readonly placement: Placement | undefined
  },
  environment = DEFAULT_ENVIRONMENT,
): Omit<PlannedCredential, 'because'> {
  const { variable } = terms
  const found = checkCredential({ ...terms, environment, token: null, backend: 'embedded' })
  if (!found.ok) throw usage(`${variable}: ${found.detail}`)
  const { name, kind, category, placement, origins } = found.value
  return { variable, name, kind, category, placement, origins }
}

function withoutDestination(variables: readonly string[]) {
  const flags = variables.map((variable) => ` --origin ${variable}=https://…`).join('')
  return usage(
    `A credential is sent to one place, and nothing says which for ${variables.join(', ')}.\n` +
      `Say it with${flags}, or name with --only what is to be stored.`,
  )
}

function refuseTwins(secrets: readonly PlannedCredential[]): void {
  for (const [at, { name, variable }] of secrets.entries()) {
    const twin = secrets.slice(0, at).find((other) => other.name === name)
    if (twin === undefined) continue
    throw usage(`${twin.variable} and ${variable} would both be ${name}: give one --as.`)
  }
}
