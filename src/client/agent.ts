import type { ScopeRequest } from '../domain/scope/types.ts'
import { type SealedText, seal } from '../domain/sealed-text.ts'
import {
  type AskOptions,
  ask,
  askOwner,
  awaitApproval,
  type CallOptions,
  type Repeating,
} from './asking.ts'
import { type ApiCall, type Client, createClient, pathOf } from './client.ts'
import { createGatewayClient, type GatewayClient } from './gateway.ts'
import { type CallThrough, callThrough, type GatewayResponse } from './through-gateway.ts'
import type { CertificateView } from './views/agents.ts'
import type { ApprovalView } from './views/approvals.ts'
import type { LeaseView } from './views/leases.ts'
import type { RevokedView } from './views/revocations.ts'
import type { DelegationView, MintedView, PinBody } from './views/tokens.ts'

/** Who an agent is: PEM texts. */
export interface AgentIdentity {
  readonly cert: string
  readonly key: string | SealedText
  readonly ca: string
}

/** What an agent is told once. */
export interface AgentSettings {
  /** Origin of the authority's agents listener: `https://writ.example:9442`. */
  readonly authority: string
  readonly identity: AgentIdentity
  /** Handed a renewed identity, to keep it; its key prints as nothing (I12). */
  readonly renewed?: (identity: AgentIdentity) => void | Promise<void>
}

/** A delegation as its giver holds it: the token prints as nothing (I12). */
export type Delegation = Omit<DelegationView, 'token'> & { readonly token: SealedText }

/** A call token as its holder has it. */
export type CallToken = Omit<MintedView['tokens'][number], 'token'> & {
  readonly token: SealedText
}

/** An agent at its authority, as itself: its certificate says who it is. */
export interface WritAgent {
  /** Opens a root lease within the contract. */
  open(order: OpenOrder, options?: AskOptions): Promise<LeaseView>
  lease(id: string, options?: CallOptions): Promise<LeaseView>
  /** Moves the end of a lease, never past an ancestor's (I3). */
  renew(id: string, ttlSeconds: number, options?: AskOptions): Promise<LeaseView>
  release(id: string, options?: CallOptions): Promise<LeaseView>
  /** Ends a lease and all below it (I9). */
  revoke(id: string, reason: string, options?: CallOptions): Promise<RevokedView>
  /** A token with which one other agent gets a part of a lease. */
  delegate(order: DelegateOrder, options?: AskOptions): Promise<Delegation>
  /** Turns a delegation token into a lease of one's own, once (I1, I7). */
  redeem(token: string | SealedText, options?: CallOptions): Promise<LeaseView>
  mint(order: MintOrder, options?: AskOptions): Promise<CallToken>
  /** Takes a token and spends it on one call through the gateway; never sent twice (I7). */
  call(order: CallThrough, options?: AskOptions): Promise<GatewayResponse>
  /** Waits until a person has decided. */
  awaitApproval(id: string, options?: CallOptions): Promise<ApprovalView>
  /** Has a new key certified over the present certificate, and uses it from then on. */
  renewCertificate(options?: CallOptions): Promise<AgentIdentity>
  close(): Promise<void>
}

/** What a root lease is asked for with. */
export interface OpenOrder {
  readonly scope: ScopeRequest
  readonly ttlSeconds?: number
  readonly reason?: string
  /** What the tree is labelled with, for good: `{ project: 'apollo' }`. */
  readonly labels?: Readonly<Record<string, string>>
}

/** What is passed on, and to whom. */
export interface DelegateOrder {
  readonly lease: string
  /** `spiffe://…` of the one agent that can redeem it. */
  readonly to: string
  readonly scope: ScopeRequest
  readonly ttlSeconds?: number
  readonly reason?: string
}

/** What a call token is taken for. */
export interface MintOrder {
  readonly lease: string
  readonly audience: string
  readonly ttlSeconds?: number
  readonly pin?: PinBody
  readonly reason?: string
}

/**
 * An agent of `writ/client`. Every method throws `WritError`, takes an abort signal, has a timeout
 * for each try, and is tried again only where that does nothing twice. Opens nothing yet.
 */
export function createAgent(settings: AgentSettings): WritAgent {
  return new Agent(settings)
}

class Agent implements WritAgent {
  readonly #authority: string
  readonly #renewed: AgentSettings['renewed']
  #identity: AgentIdentity
  #client: Client
  #gateways = new Map<string, GatewayClient>()

  constructor({ authority, identity, renewed }: AgentSettings) {
    this.#authority = authority
    this.#identity = { ...identity, key: sealed(identity.key) }
    this.#renewed = renewed
    this.#client = createClient(this.#connectionTo(authority))
  }

  open({ scope, ttlSeconds, reason, labels }: OpenOrder, options?: AskOptions) {
    const body = { scope, ttl_seconds: ttlSeconds, reason, labels }
    const call = { method: 'POST', path: '/v1/leases', body } as const
    return askOwner<LeaseView>(this.#client, call, 'replay', options)
  }

  lease(id: string, options?: CallOptions) {
    const path = pathOf(['v1', 'leases', id])
    return this.#ask<LeaseView>({ method: 'GET', path }, 'safe', options)
  }

  renew(id: string, ttlSeconds: number, options?: AskOptions) {
    const path = pathOf(['v1', 'leases', id, 'renew'])
    const call = { method: 'POST', path, body: { ttl_seconds: ttlSeconds } } as const
    return askOwner<LeaseView>(this.#client, call, 'replay', options)
  }

  release(id: string, options?: CallOptions) {
    const path = pathOf(['v1', 'leases', id, 'release'])
    return this.#ask<LeaseView>({ method: 'POST', path }, 'never', options)
  }

  /** Revoking again changes nothing that matters: the row is there or is written. */
  revoke(id: string, reason: string, options?: CallOptions) {
    const path = pathOf(['v1', 'leases', id, 'revoke'])
    return this.#ask<RevokedView>({ method: 'POST', path, body: { reason } }, 'safe', options)
  }

  async delegate({ lease, to, scope, ttlSeconds, reason }: DelegateOrder, options?: AskOptions) {
    const body = { lease_id: lease, delegate: to, scope, ttl_seconds: ttlSeconds, reason }
    const call = { method: 'POST', path: '/v1/delegations', body } as const
    const made = await askOwner<DelegationView>(this.#client, call, 'once', options)
    return { ...made, token: seal(made.token) }
  }

  redeem(token: string | SealedText, options?: CallOptions) {
    const body = { token: plain(token) }
    const call = { method: 'POST', path: '/v1/delegations/redeem', body } as const
    return this.#ask<LeaseView>(call, 'replay', options)
  }

  async mint(order: MintOrder, options?: AskOptions) {
    const { lease, audience, ttlSeconds, pin, reason } = order
    const body = { lease_id: lease, audience, ttl_seconds: ttlSeconds, pin, reason }
    const call = { method: 'POST', path: '/v1/tokens', body } as const
    const { tokens } = await askOwner<MintedView>(this.#client, call, 'once', options)
    const [only] = tokens
    if (only === undefined) throw new Error('The authority answered no token.')
    return { ...only, token: seal(only.token) }
  }

  async call(order: CallThrough, options: AskOptions = {}) {
    const { lease, audience, pin, reason } = order
    const minting = {
      lease,
      audience,
      ...(pin === undefined ? {} : { pin }),
      ...(reason === undefined ? {} : { reason }),
    }
    const minted = await this.mint(minting, options)
    const gateway = this.#gatewayAt(new URL(order.url).origin)
    return callThrough({ gateway, client: this.#client, minted, order, options })
  }

  awaitApproval(id: string, options?: CallOptions) {
    return awaitApproval(this.#client, id, options)
  }

  async renewCertificate(options?: CallOptions) {
    const { newAgentKey, uriOf } = await import('./identity.ts')
    const { csr, key } = await newAgentKey(uriOf(this.#identity.cert))
    const path = '/v1/agents/self/certificate'
    const call = { method: 'POST', path, body: { csr } } as const
    const issued = await this.#ask<CertificateView>(call, 'never', options)
    const next = { cert: issued.certificate, key: seal(key), ca: this.#identity.ca }
    await this.#renewed?.(next)
    await this.#use(next)
    return next
  }

  async close(): Promise<void> {
    const gateways = [...this.#gateways.values()]
    this.#gateways = new Map()
    await Promise.all([this.#client.close(), ...gateways.map((gateway) => gateway.close())])
  }

  async #use(identity: AgentIdentity): Promise<void> {
    const old = [this.#client, ...this.#gateways.values()]
    this.#identity = identity
    this.#client = createClient(this.#connectionTo(this.#authority))
    this.#gateways = new Map()
    await Promise.all(old.map((one) => one.close()))
  }

  async #ask<T>(call: ApiCall, repeating: Repeating, options: CallOptions = {}): Promise<T> {
    return (await ask<T>(this.#client, call, repeating, options)).value
  }

  #gatewayAt(address: string): GatewayClient {
    const known = this.#gateways.get(address)
    if (known !== undefined) return known
    const opened = createGatewayClient(this.#connectionTo(address))
    this.#gateways.set(address, opened)
    return opened
  }

  #connectionTo(address: string) {
    const { cert, key, ca } = this.#identity
    return { address, ca, certificate: cert, privateKey: plain(key) }
  }
}

function sealed(text: string | SealedText): SealedText {
  return typeof text === 'string' ? seal(text) : text
}

function plain(text: string | SealedText): string {
  return typeof text === 'string' ? text : text.use((inside) => inside)
}
