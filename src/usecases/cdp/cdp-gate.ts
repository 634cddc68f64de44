import { createHmac, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto'
import type { AgentUri, LeaseId } from '../../domain/ids.ts'
import { CDP_WAITING_MAX, CDP_WAITING_PER_AGENT_MAX } from '../../domain/limits.ts'

/** Where calls with a lease token are taken. */
export interface CdpProxy {
  /** Without a path. */
  readonly url: string
  readonly port: number
}

const SESSION_DOMAIN = 'cdp-session-v1\0'
const LEASE_DOMAIN = 'cdp-lease-v1\0'
const SESSION = /^cdp_sess_([0-9a-f]{32})([0-9a-f]{64})$/
const CONNECTION_BYTES = 16

/**
 * What the gate of CDP has beside the world: its key, and where its proxy is. The key is derived
 * from the master key, so what it made stands over a restart.
 */
export class CdpGate {
  readonly #key: KeyObject
  #proxy: CdpProxy | undefined
  /** How many requests of each agent wait. */
  readonly #waiting = new Map<AgentUri, number>()

  constructor(key: KeyObject) {
    this.#key = key
  }

  /** The proxy of this process; undefined while it has none. */
  get proxy(): CdpProxy | undefined {
    return this.#proxy
  }

  /** From now on calls go there. */
  offerProxy(proxy: CdpProxy | undefined): void {
    this.#proxy = proxy
  }

  /**
   * The lease token of CDPX-11, as text of a handle: HMAC-SHA-256 over lease, fingerprint of the
   * agent and channel binding, each behind its length.
   */
  leaseToken(of: {
    readonly lease: LeaseId
    readonly fingerprint: Uint8Array
    readonly binding: Uint8Array
  }): string {
    const parts = [Buffer.from(of.lease), of.fingerprint, of.binding]
    return `cdp_lt_${this.#mac(LEASE_DOMAIN, parts).toString('hex')}`
  }

  /**
   * A session token: the id of the connection, and the HMAC of CDPX-11 over fingerprint and id. It
   * says who was registered where and is nothing without the proof that each request has beside it.
   */
  sessionToken(fingerprint: Uint8Array, connection: Uint8Array): string {
    const mac = this.#mac(SESSION_DOMAIN, [fingerprint, connection])
    return `cdp_sess_${Buffer.from(connection).toString('hex')}${mac.toString('hex')}`
  }

  /** Whether a session token is of this agent, and of this connection where one is given. */
  isSession(token: string, fingerprint: Uint8Array, connection: Uint8Array | undefined): boolean {
    const [, id = '', mac = ''] = SESSION.exec(token) ?? []
    if (id === '') return false
    const named = Buffer.from(id, 'hex')
    if (connection !== undefined && !named.equals(connection)) return false
    const expected = this.#mac(SESSION_DOMAIN, [fingerprint, named])
    return timingSafeEqual(expected, Buffer.from(mac, 'hex'))
  }

  /**
   * A place of an agent among the requests that wait for a person, and how to leave it, once;
   * undefined when there are too many, or too many of its own.
   */
  wait(agent: AgentUri): (() => void) | undefined {
    const all = [...this.#waiting.values()].reduce((sum, count) => sum + count, 0)
    const own = this.#waiting.get(agent) ?? 0
    if (all >= CDP_WAITING_MAX || own >= CDP_WAITING_PER_AGENT_MAX) return undefined
    this.#waiting.set(agent, own + 1)
    return () => {
      const left = (this.#waiting.get(agent) ?? 0) - 1
      if (left > 0) this.#waiting.set(agent, left)
      else this.#waiting.delete(agent)
    }
  }

  #mac(domain: string, parts: readonly Uint8Array[]): Buffer {
    const mac = createHmac('sha256', this.#key).update(domain)
    for (const part of parts) {
      const length = Buffer.alloc(8)
      length.writeBigUInt64BE(BigInt(part.length))
      mac.update(length).update(part)
    }
    return mac.digest()
  }
}

/** Names a connection (CDPX-11). */
export function drawConnectionId(): Buffer {
  return randomBytes(CONNECTION_BYTES)
}
