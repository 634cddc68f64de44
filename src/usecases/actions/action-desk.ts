import type { AgentUri, CertificateThumbprint, RequestId } from '../../domain/ids.ts'

/** A call that an agent wants made. Nothing of it is judged yet. */
export interface ActionRequest {
  readonly method: string
  /** Path and query behind the route, as they are to be sent. */
  readonly path: string
  /** Lowercase names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | undefined
}

/** A call with its token, on its way to the gateway of this process. */
export interface ActionCall extends ActionRequest {
  readonly route: string
  readonly token: string
  readonly peer: { readonly uri: AgentUri; readonly certificate: CertificateThumbprint }
  /** Of the request that asked for it: one id through every hop. */
  readonly requestId: RequestId
  /** The agent's address, as its connection shows it. */
  readonly address: string | undefined
}

/** What the gateway answered: of the upstream, or a refusal of its own with `writ-refusal`. */
export interface ActionAnswer {
  readonly kind: 'answered'
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly body: Buffer
}

/** No whole answer: it broke off, came too late, or is longer than may be collected. */
export interface NoAnswer {
  readonly kind: 'broken' | 'late' | 'too_long'
}

/** The gateway of this process, as actions use it. */
export interface ActionGateway {
  /** Makes a call: through the whole way of every call, from reading its head on. */
  send(call: ActionCall): Promise<ActionAnswer | NoAnswer>
}

/** Where a gateway offers itself once it stands. A process without one executes nothing. */
export class ActionDesk {
  #gateway: ActionGateway | undefined

  /** The gateway that makes calls; undefined while there is none. */
  get gateway(): ActionGateway | undefined {
    return this.#gateway
  }

  /** From now on this gateway makes the calls. */
  offer(gateway: ActionGateway | undefined): void {
    this.#gateway = gateway
  }
}
