import type { AatTrust } from '../aat/trust.ts'
import type { Appraiser } from '../attestation/appraise.ts'
import type { AssertionIssuers } from '../attestation/assertion/verify-assertion.ts'
import type { IdSource } from '../domain/ids.ts'
import type { Exposure } from '../domain/implementation-tier.ts'
import type { Clock } from '../domain/time.ts'
import type { CertificateAuthority } from '../pki/ca.ts'
import type { TrustFolder } from '../pki/trust.ts'
import type { PolicySource } from '../policy/source.ts'
import type { Store } from '../store/ports.ts'
import type { KeyRing } from '../token/keyring.ts'
import type { CredentialVault } from '../vault/envelope.ts'
import type { ActionDesk } from './actions/action-desk.ts'
import type { WebhookSender } from './alerts/webhook-sender.ts'
import type { Catalog } from './catalog/catalog.ts'
import type { CdpGate } from './cdp/cdp-gate.ts'
import type { EventStreams } from './event-streams.ts'
import type { RevocationFeed } from './feed/revocation-feed.ts'
import type { UpstreamNames } from './leases/pin-hosts.ts'
import type { SettingInForce } from './read-limits.ts'
import type { StatusLists } from './revocations/status-lists.ts'

/** What a deployment wants done about evidence. */
export interface AttestationPolicy {
  /** Evidence that differs from what is known suspends the agent, beside the alert. */
  readonly suspendOnMismatch: boolean
  /** Owners are told of agents whose newest proof is older; 0: of none. */
  readonly renewSeconds: number
}

/** Everything a use-case may touch, handed in. */
export interface World {
  /** The authority's URL: `iss` of every token, `aud` of delegation tokens. */
  readonly issuer: string
  /** The SPIFFE trust domain whose names the built-in CA may give out. */
  readonly trustDomain: string
  /** Authorities of other trust domains; absent: only our own names agents. */
  readonly federation?: TrustFolder | undefined
  readonly store: Store
  readonly keys: KeyRing
  /** Tells who has no store what is revoked. */
  readonly feed: RevocationFeed
  /** Absent: no lease gets a number, no token a status, and there are no lists. */
  readonly statusLists?: StatusLists | undefined
  /** Tells receivers of alerts. */
  readonly webhooks: WebhookSender
  readonly ca: CertificateAuthority
  readonly ids: IdSource
  /** The machine's: for certificates, which TLS holds against it too. Tokens: `store.now()`. */
  readonly clock: Clock
  readonly appraise: Appraiser
  /** Whose chains of attenuating tokens are accepted; absent: nobody's. */
  readonly aat?: AatTrust | undefined
  /** Whose word for a person is taken; absent: nobody's. */
  readonly assertions?: AssertionIssuers | undefined
  /** What follows from evidence; absent: it is told, and nothing else. */
  readonly attestation?: AttestationPolicy | undefined
  /** Where a gateway of this process makes calls for agents; absent: nobody does. */
  readonly actions?: ActionDesk | undefined
  /** Whether a delegation has to be narrower in some dimension (T-12); absent: it may be equal. */
  readonly strictDelegation?: boolean | undefined
  /** The gate of CDP; absent: nobody speaks CDP here. */
  readonly cdp?: CdpGate | undefined
  /** Names that trees are pinned to when they are opened; absent: first calls pin them. */
  readonly upstreamNames?: UpstreamNames | undefined
  /** Services behind gateways. */
  readonly catalog: Catalog
  /** What agents may have of a credential at most; absent: its use. */
  readonly exposure?: Exposure | undefined
  /** Opens and seals upstream credentials. */
  readonly vault: CredentialVault
  /** What people and waiting agents follow. */
  readonly streams: EventStreams
  /** How owners are asked. */
  readonly approvals: {
    /** How long a question waits for its answer. */
    readonly seconds: number
    /** Distinct owners that have to say yes, where nothing asks for more. */
    readonly quorum: number
  }
  /** What was set, for people to look at; absent: nobody is told. */
  readonly settings?: readonly SettingInForce[] | undefined
  /** Whether leashes are minted and verified (`leash+jwt`). */
  readonly leashTokens?: boolean
  /** Absent: contracts alone decide. With it, what no policy allows is denied. */
  readonly policies?: PolicySource | undefined
}
