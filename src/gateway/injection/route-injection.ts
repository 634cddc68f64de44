import { HANDLING_WORDS } from '../../admission/handling.ts'
import { DEFAULT_ENVIRONMENT } from '../../domain/credential.ts'
import { isCredentialName, isEnvironment } from '../../domain/credential-checks.ts'
import type { RouteMode } from '../route-table.ts'

/** What a route says of its requests' credential and its answers' handling. */
export interface RouteInjection {
  /** The credential that goes into each request; absent where nothing is put in. */
  readonly credential?: RouteCredential
  /** What the agent is told of handling answers, `no-store, no-model`; it binds nobody. */
  readonly handling?: string
}

/** Which credential: the agent's owner's own one of this name, else the one all share. */
export interface RouteCredential {
  readonly name: string
  readonly environment: string
}

/** An answer is not to be stored, logged, sent to a model's provider, used in later calls. */
const HANDLING: readonly unknown[] = HANDLING_WORDS

/** Reads the keys `credential`, `environment` and `response` of a route, or says what is wrong. */
export function readInjection(
  fields: Readonly<Record<string, unknown>>,
  mode: RouteMode,
): RouteInjection | string {
  const credential = readCredential(fields, mode)
  if (typeof credential === 'string') return credential
  const handling = readHandling(fields['response'] ?? [])
  return typeof handling === 'string' ? handling : { ...credential, ...handling }
}

function readCredential(
  fields: Readonly<Record<string, unknown>>,
  mode: RouteMode,
): Pick<RouteInjection, 'credential'> | string {
  const { credential: name, environment = DEFAULT_ENVIRONMENT } = fields
  if (name === undefined) {
    return fields['environment'] === undefined ? {} : 'environment goes with credential.'
  }
  if (typeof name !== 'string' || !isCredentialName(name)) {
    return 'credential has to be the name of one, such as github or payments/stripe.'
  }
  if (typeof environment !== 'string' || !isEnvironment(environment)) {
    return 'environment has to be one lowercase word, such as staging.'
  }
  if (mode.kind === 'detached') {
    return 'credential needs mode = "authority": contracts say who may use one, and are kept there.'
  }
  return { credential: { name, environment } }
}

function readHandling(response: unknown): Pick<RouteInjection, 'handling'> | string {
  const words = Array.isArray(response) ? response : [response]
  const known = words.every((word) => HANDLING.includes(word))
  if (!known || new Set(words).size !== words.length) {
    return `response has to be a list of ${HANDLING.join(', ')}, each once.`
  }
  return words.length === 0 ? {} : { handling: words.join(', ') }
}
