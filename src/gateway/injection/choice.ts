import type { Credential } from '../../domain/credential.ts'
import type { RequestId } from '../../domain/ids.ts'
import { type Facts, refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { TokenClaims } from '../../domain/token.ts'
import type { SecretFields } from '../../vault/envelope.ts'
import type { Arrival } from '../arrival.ts'
import { requestHead } from '../heads.ts'
import type { RequestBody } from '../request-body.ts'
import type { Route } from '../route-table.ts'
import { type Injected, injectSecret } from './injection.ts'
import type { Outgoing } from './placing.ts'
import type { RouteCredential } from './route-injection.ts'

/** A credential with its secret, until it is dropped. */
export interface Opened {
  readonly credential: Pick<Credential, 'placement'>
  readonly version: number
  readonly fields: SecretFields
  drop(): void
}

/**
 * Chooses and opens the credential of a route for one call whose token was verified; `origin` is
 * where it would go.
 */
export type OpenCredential = (
  wanted: RouteCredential & { readonly origin: string },
  claims: TokenClaims,
) => Promise<Result<Opened>>

/** What is known of a call before it is admitted. */
export interface CallToChooseFor {
  readonly route: Route
  readonly arrival: Arrival
  readonly path: string
  readonly body: RequestBody
  readonly requestId: RequestId
}

/** The choice of one call, made when admission asks for it. */
export interface Choice {
  readonly choose: (claims: TokenClaims) => Promise<Result<Facts>>
  /** There once it was made and not refused; its guard is to be forgotten in the end. */
  readonly injected: Injected | undefined
}

/** Throws a plain sentence when a route names a credential and nobody could open it. */
export function requireInjection(routes: Iterable<Route>, open: OpenCredential | undefined): void {
  for (const { name, credential } of routes) {
    if (credential === undefined || open !== undefined) continue
    const needed = 'only a gateway on the store can open one'
    throw new Error(`gateway.routes: route ${name} names a credential, and ${needed}.`)
  }
}

/**
 * The choice for a call on a route with a credential, undefined on others. Everything that can be
 * refused is refused while the token is unspent: the request with the secret in it is made then,
 * and is all that is kept; the opened credential is dropped at once.
 */
export function choiceFor(
  call: CallToChooseFor,
  open: OpenCredential | undefined,
): Choice | undefined {
  const { credential, origin } = call.route
  if (credential === undefined || open === undefined) return undefined
  let injected: Injected | undefined
  return {
    get injected() {
      return injected
    },
    async choose(claims) {
      const opened = await open({ ...credential, origin }, claims)
      if (!opened.ok) return opened
      try {
        const made = await inject(opened.value, call)
        if (!made.ok) return made
        injected = made.value
        const { name, environment } = credential
        const { version } = opened.value
        return accept({ credential: name, credential_version: version, environment })
      } finally {
        opened.value.drop()
      }
    },
  }
}

async function inject(
  { credential, fields }: Opened,
  call: CallToChooseFor,
): Promise<Result<Injected>> {
  const secret = fields['value']
  if (secret === undefined) return refuse('credential_unavailable', { part: 'value' })
  const { placement } = credential
  const body = placement.in === 'placeholder' ? await readText(call) : accept(undefined)
  if (!body.ok) return body
  const { arrival, route, path, requestId } = call
  const headers = requestHead(arrival, route.headers, requestId)
  return secret.use((bytes) => injectSecret(placement, bytes, { path, headers, body: body.value }))
}

/** The body, where something may have to be put into it; admission may have read it already. */
async function readText({ arrival, body }: CallToChooseFor): Promise<Result<Outgoing['body']>> {
  if (arrival.framing === 'none') return accept(undefined)
  const judged = await body.judge()
  if (!judged.ok) return judged
  const { text, media_type: mediaType } = judged.value
  return accept({ text, mediaType })
}
