import type { Socket } from 'node:net'
import { type AgentUri, DEFAULT_TENANT } from '../../domain/ids.ts'
import type { Lease } from '../../domain/lease.ts'
import {
  CDP_LINE_BYTES_MAX,
  CDP_OPEN_REQUESTS_MAX,
  CDP_REGISTER_TIMEOUT_MS,
  CDP_UNREAD_BYTES_MAX,
} from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { epochSeconds } from '../../domain/time.ts'
import type { RateLimit } from '../../listener/rate-limit.ts'
import type { Log } from '../../log.ts'
import type { AgentCaller } from '../../usecases/caller.ts'
import { type CdpGate, drawConnectionId } from '../../usecases/cdp/cdp-gate.ts'
import { type ProvenAgent, proveByKey, standingCaller } from '../../usecases/cdp/prove-agent.ts'
import type { World } from '../../usecases/world.ts'
import { answerText, type RpcFace, spell } from '../envelope.ts'
import type { CdpAsked, CdpEnd } from './asked.ts'
import { cdpError } from './codes.ts'
import { FollowedLeases } from './followed-leases.ts'
import type { Registration } from './params.ts'

/** What every connection of the socket shares. */
export interface SocketParts {
  readonly world: World
  readonly gate: CdpGate
  readonly face: RpcFace<CdpAsked>
  readonly log: Log
  readonly rate: RateLimit
  /** Who comes without a proof, where the deployment says so; undefined: nobody. */
  readonly agent: AgentUri | undefined
}

const NEWLINE = 10
const NO_END = epochSeconds(Number.MAX_SAFE_INTEGER)

/**
 * Serves one connection of the local socket: one JSON object a line both ways (CDPX-07), some at a
 * time. Nobody is anybody here before a registration was proven; the session, and the word about
 * leases, end with the connection. A line that is too long, or answers that nobody reads, end it.
 */
export function serveConnection(socket: Socket, parts: SocketParts): void {
  const served = new Served(socket, parts)
  const silent = setTimeout(() => served.endUnregistered(), CDP_REGISTER_TIMEOUT_MS).unref()
  socket.on('data', (chunk: Buffer) => served.take(chunk))
  socket.on('error', () => socket.destroy())
  socket.on('close', () => {
    clearTimeout(silent)
    served.close()
  })
}

/** One connection, from its first byte on. */
class Served {
  readonly #socket: Socket
  readonly #parts: SocketParts
  readonly #gone = new AbortController()
  readonly #followed: FollowedLeases
  readonly #end: CdpEnd
  /** Whom each proof was of; a registration that fails later makes nobody of it. */
  readonly #proofs = new WeakMap<AgentCaller, ProvenAgent>()
  #proven: ProvenAgent | undefined
  #rest: Buffer = Buffer.alloc(0)
  readonly #lines: string[] = []
  #open = 0

  constructor(socket: Socket, parts: SocketParts) {
    this.#socket = socket
    this.#parts = parts
    this.#followed = new FollowedLeases(parts.world, (method, params) =>
      this.#write(JSON.stringify({ jsonrpc: '2.0', method, params })),
    )
    this.#end = {
      transport: 'local',
      connection: drawConnectionId(),
      address: undefined,
      caller: () => this.#caller(this.#proven),
      prove: (registration) => this.#prove(registration),
      registered: (caller) => {
        this.#proven = this.#proofs.get(caller)
      },
      follow: (lease) => void this.#follow(lease),
    }
  }

  /** Takes what came; lines wait until there is room for them. */
  take(chunk: Buffer): void {
    let rest = Buffer.concat([this.#rest, chunk])
    for (let at = rest.indexOf(NEWLINE); at >= 0; at = rest.indexOf(NEWLINE)) {
      const line = rest.subarray(0, at)
      rest = rest.subarray(at + 1)
      if (line.length > CDP_LINE_BYTES_MAX) {
        this.#endTooLong()
        return
      }
      const text = line.toString('utf8').trim()
      if (text !== '') this.#lines.push(text)
    }
    this.#rest = rest
    if (rest.length > CDP_LINE_BYTES_MAX) this.#endTooLong()
    else this.#work()
  }

  /** Ends it, unless somebody registered. */
  endUnregistered(): void {
    if (this.#proven === undefined) this.#socket.destroy()
  }

  /** Nobody is there any more. */
  close(): void {
    this.#gone.abort()
    this.#lines.length = 0
    this.#followed.close()
  }

  #work(): void {
    while (this.#open < CDP_OPEN_REQUESTS_MAX) {
      const line = this.#lines.shift()
      if (line === undefined) {
        this.#socket.resume()
        return
      }
      this.#open += 1
      void this.#answer(line).finally(() => {
        this.#open -= 1
        this.#work()
      })
    }
    this.#socket.pause()
  }

  async #answer(line: string): Promise<void> {
    const { face, rate, log } = this.#parts
    const again = () => rate(this.#proven?.uri ?? 'local')
    const asked = askedOf(this.#parts, { end: this.#end, signal: this.#gone.signal, again })
    try {
      const within = await again()
      const text = within.ok
        ? await answerText(face, asked, line)
        : spell(null, cdpError(within.refusal, asked.request))
      if (text !== undefined) this.#write(text)
    } catch (error) {
      log.fault('cdp.fault', error, { request_id: asked.request })
      this.#socket.destroy()
    }
  }

  #write(text: string): void {
    if (this.#socket.destroyed) return
    this.#socket.write(`${text}\n`)
    if (this.#socket.writableLength > CDP_UNREAD_BYTES_MAX) this.#socket.destroy()
  }

  #endTooLong(): void {
    const { refusal } = refuse('too_large', { bytesMax: CDP_LINE_BYTES_MAX })
    const text = spell(null, cdpError(refusal, this.#parts.world.ids.request()))
    this.#socket.end(`${text}\n`, () => this.#socket.destroy())
  }

  async #caller(agent: ProvenAgent | undefined): Promise<Result<AgentCaller>> {
    if (agent === undefined) return refuse('unauthenticated', { session: 'none' })
    const { world } = this.#parts
    return standingCaller(world, agent, world.ids.request())
  }

  async #prove(registration: Registration): Promise<Result<AgentCaller>> {
    const proven = await prove(this.#parts, registration)
    if (!proven.ok) return proven
    const caller = await this.#caller(proven.value)
    if (caller.ok) this.#proofs.set(caller.value, proven.value)
    return caller
  }

  /** A store that does not answer just then costs the word, and nothing else. */
  async #follow(lease: Lease): Promise<void> {
    const { log } = this.#parts
    try {
      const caller = await this.#caller(this.#proven)
      if (caller.ok && !this.#socket.destroyed) this.#followed.follow(caller.value, lease)
    } catch (error) {
      log.fault('cdp.fault', error)
    }
  }
}

function askedOf(
  { world, gate, log }: SocketParts,
  here: Pick<CdpAsked, 'end' | 'signal' | 'again'>,
): CdpAsked {
  const request = world.ids.request()
  const fault = (error: unknown) => log.fault('cdp.fault', error, { request_id: request })
  return { world, gate, request, fault, ...here }
}

/** By the key of its certificate; or as the one agent of the socket, where there is one. */
async function prove(
  { world, agent }: SocketParts,
  { attestation, ...said }: Registration,
): Promise<Result<ProvenAgent>> {
  if (attestation?.type === 'key' && 'certificate' in attestation) {
    return proveByKey(world, {
      agentId: said.agent_id,
      agentVersion: said.agent_version,
      nonce: said.nonce,
      timestamp: said.timestamp,
      certificatePem: attestation.certificate,
      signature: Buffer.from(attestation.signature, 'base64'),
    })
  }
  if (agent === undefined) {
    const detail = 'Sign the registration with the key of your certificate: see docs/faces/cdp.md.'
    return refuse('attestation_failed', { proof: 'none' }, [
      { pointer: '/attestation', code: 'missing', detail },
    ])
  }
  const uri = agent
  const known = await world.store.read((reads) => reads.agent(DEFAULT_TENANT, uri))
  if (known === undefined) return refuse('unauthenticated', { agent })
  return accept({ uri, certificate: known.certificate, notAfter: NO_END })
}
