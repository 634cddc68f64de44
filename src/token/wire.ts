import type { TokenClaims, TokenKind } from '../domain/token.ts'

/** `typ` of each kind (RFC 8725 §3.11): the kinds are never interchangeable. */
export const TOKEN_TYP: Readonly<Record<TokenKind, string>> = {
  delegation: 'writ-delegation+jwt',
  call: 'writ-call+jwt',
}

/** Provenance (RFC 8693 §4.1), newest outermost. */
export interface WireActor {
  readonly sub: string
  readonly act?: WireActor
}

/** The claims in which the tokens of one lease differ; they come first, in this order. */
export interface WireHead {
  readonly jti: string
  readonly iat: number
  readonly nbf: number
  readonly exp: number
}

/** The claims that the tokens of one lease, audience and certificate share, as we order them. */
export interface WireSharedClaims {
  readonly iss: string
  readonly aud: string
  readonly sub: string
  readonly client_id: string
  readonly act: WireActor
  readonly cnf: { readonly 'x5t#S256'?: string; readonly jkt?: string }
  readonly authorization_details: readonly [unknown]
  readonly lease: {
    readonly id: string
    readonly lineage: readonly string[]
    /** Of a call token whose tree has some. */
    readonly labels?: Readonly<Record<string, string>>
  }
  readonly txn: string
  readonly del_depth: number
  readonly del_max_depth: number
  readonly att: {
    readonly tier: string
    readonly method: string
    readonly verifier: string
    readonly evh: string
    readonly at: number
  }
  /** Token Status List (draft-ietf-oauth-status-list). */
  readonly status?: { readonly status_list: { readonly idx: number; readonly uri: string } }
  readonly req?: { readonly htm: string; readonly htu: string; readonly cd?: string }
}

/** Spells claims for the wire. The member order is fixed, so equal claims give equal bytes. */
export function toWire(claims: TokenClaims): WireHead & WireSharedClaims {
  const { confirmation, lease, attestation, labels } = claims
  return {
    jti: claims.jti,
    iat: claims.issuedAt,
    nbf: claims.notBefore,
    exp: claims.expiresAt,
    iss: claims.issuer,
    aud: claims.audience,
    sub: claims.subject,
    client_id: claims.agent,
    act: nested(claims.actors),
    cnf: {
      ...(confirmation.certificate === undefined ? {} : { 'x5t#S256': confirmation.certificate }),
      ...(confirmation.key === undefined ? {} : { jkt: confirmation.key }),
    },
    authorization_details: [claims.scope],
    lease: { id: lease.id, lineage: lease.lineage, ...(labels === undefined ? {} : { labels }) },
    txn: lease.lineage[0] ?? '',
    del_depth: claims.depth,
    del_max_depth: claims.maxDepth,
    att: {
      tier: attestation.tier,
      method: attestation.method,
      verifier: attestation.verifier,
      evh: attestation.evidenceHash,
      at: attestation.at,
    },
    ...(claims.status === undefined ? {} : { status: wireStatus(claims.status) }),
    ...(claims.pin === undefined ? {} : { req: wirePin(claims.pin) }),
  }
}

/** The actors of a chain, newest first. */
export function chainOf(actor: WireActor): readonly string[] {
  const actors: string[] = []
  for (let at: WireActor | undefined = actor; at !== undefined; at = at.act) actors.push(at.sub)
  return actors
}

function nested(actors: readonly string[]): WireActor {
  const [newest = '', ...older] = actors
  return older.length === 0 ? { sub: newest } : { sub: newest, act: nested(older) }
}

function wireStatus(
  place: NonNullable<TokenClaims['status']>,
): NonNullable<WireSharedClaims['status']> {
  return { status_list: { idx: place.position, uri: place.uri } }
}

function wirePin(pin: NonNullable<TokenClaims['pin']>): NonNullable<WireSharedClaims['req']> {
  const { method, target, bodyDigest } = pin
  return { htm: method, htu: target, ...(bodyDigest === undefined ? {} : { cd: bodyDigest }) }
}
