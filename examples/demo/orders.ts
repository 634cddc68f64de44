import type { ApiCall } from '../../src/client/client.ts'

/** One call through the gateway, as the demo orders it. */
export interface OrderedCall {
  readonly method: string
  readonly url: string
  readonly token: string
  readonly body?: string
}

/** What an agent process can be asked to do. */
export type Order =
  /** Make a key that stays in the process, and a certificate request for it. */
  | { readonly op: 'request'; readonly uri: string }
  /** Make a key, and answer an invitation with a request for it, over the plain listener. */
  | {
      readonly op: 'register'
      readonly api: string
      readonly uri: string
      readonly invitation: string
    }
  /** Take the certificate of an approved registration; the key of before signs for it. */
  | { readonly op: 'collect'; readonly api: string }
  /** Take the certificate, and where to find the authority and the gateway. */
  | {
      readonly op: 'equip'
      readonly certificate: string
      readonly ca: string
      readonly agents: string
      readonly gateway: string
    }
  /** Ask the authority something over mTLS. */
  | { readonly op: 'ask'; readonly call: ApiCall }
  /** Call through the gateway; all at once when there are several. */
  | { readonly op: 'send'; readonly calls: readonly OrderedCall[] }
  /** Call on the one kept-alive connection of this process. */
  | { readonly op: 'keep'; readonly call: OrderedCall }
  /** Open a stream and answer when its first bytes are here. */
  | { readonly op: 'stream'; readonly call: OrderedCall }
  /** Answer when the open stream has ended. */
  | { readonly op: 'streamEnd' }

/** An answer of the authority; when it was asked for and when it arrived, in ms since the epoch. */
export interface Asked {
  readonly askedAt: number
  readonly status: number
  readonly refusal: string | undefined
  readonly value: unknown
  readonly at: number
}

/** An answer of the gateway or of the upstream behind it. */
export interface Sent {
  readonly status: number
  readonly refusal: string | undefined
  readonly text: string
  /** How many connections this process has opened on its kept-alive client so far. */
  readonly connections: number
}

/** How a stream ended. `cut` when it broke off instead of ending. */
export interface StreamEnd {
  readonly bytes: number
  readonly cut: boolean
  readonly at: number
}

/** What each order answers with. */
export interface Replies {
  readonly request: { readonly csr: string }
  readonly register: Asked
  readonly collect: Asked
  readonly equip: null
  readonly ask: Asked
  readonly send: readonly Sent[]
  readonly keep: Sent
  readonly stream: { readonly status: number; readonly refusal: string | undefined }
  readonly streamEnd: StreamEnd
}

/** An order on the channel between two processes, and its answer. */
export type Envelope = { readonly id: number; readonly order: Order }
export type Reply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string }
