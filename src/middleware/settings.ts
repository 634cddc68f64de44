import type { Decision } from './guard.ts'

/** Who a service is towards the authority, as an enrolled enforcement point. PEM texts. */
export interface PointIdentity {
  /** Its certificate, of role `enforcement`. */
  readonly cert: string
  readonly key: string
  /** The authority's root: signs the authority's listener and every agent. */
  readonly ca: string
}

/** What a service says once to guard its routes. */
export interface WritSettings {
  /** Origins of agents listeners of one authority: `https://writ.example:9442`. */
  readonly authority: string | readonly string[]
  /** Resource id of this service: the one audience whose tokens are spent here. */
  readonly audience: string
  /** Scheme, host and port of this service as scopes name it: `https://reports.example:8443`. */
  readonly origin: string
  readonly identity: PointIdentity
  /** Issuer that tokens have to name; the authority's own in any case. */
  readonly issuer?: string
  /** Told of every decision, for the service's log; no secret is among it (I12). */
  readonly told?: (decision: Decision) => void
}

/**
 * The addresses of the authority. Throws a plain sentence when settings can not mean what they
 * say: a service that guards nothing must not start.
 */
export function requireSound(
  settings: Pick<WritSettings, 'authority' | 'audience' | 'origin'>,
): readonly string[] {
  const { authority, audience, origin } = settings
  const addresses = typeof authority === 'string' ? [authority] : authority
  if (addresses.length === 0) throw new Error('authority: give the address of its agents listener.')
  for (const address of addresses) {
    if (originOf(address) === undefined || !address.startsWith('https:')) {
      throw new Error('authority: an origin such as https://writ.example:9442, without a path.')
    }
  }
  if (typeof audience !== 'string' || audience === '') {
    throw new Error('audience: the resource id of this service, as tokens name it.')
  }
  if (originOf(origin) === undefined) {
    throw new Error('origin: scheme, host and port of this service, without a path or slash.')
  }
  return addresses
}

/** The text itself when it is an origin and nothing more. */
function originOf(text: string): string | undefined {
  return /^https?:\/\/[^/?#@\s]+$/.test(text) && URL.canParse(text) ? text : undefined
}
