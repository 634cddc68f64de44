import type { ServerResponse } from 'node:http'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Admitted } from '../../admission/ports.ts'
import type { RequestId } from '../../domain/ids.ts'
import { WEBSOCKET_IDLE_MS, WEBSOCKET_MESSAGE_BYTES_MAX } from '../../domain/limits.ts'
import type { RefusalCode } from '../../domain/refusal.ts'
import type { Result } from '../../domain/result.ts'
import { RECEIPT_HEADER } from '../answer.ts'
import { requestHead } from '../heads.ts'
import type { PinnedReach } from '../pinned-reach.ts'
import { type AdmittedCall, type CallRun, type Forward, reachesPrivateNet } from '../run-call.ts'
import type { CallOutcome } from '../settlements.ts'
import { isUnconnected, type UpstreamSettings, upstreamRefusal } from '../upstream.ts'
import { bridge } from './bridge.ts'
import { dial, type Handshake } from './dial.ts'
import type { Upgrade } from './upgrade.ts'

/** Debits one use for one message of an admitted call. */
export type SpendMessage = (message: {
  readonly admitted: Admitted
  readonly request: RequestId
}) => Promise<Result<unknown>>

/** An upgrade whose handshake was read. */
export interface ReadUpgrade extends Upgrade {
  /** Takes the socket out of the hands of the response. */
  readonly release: () => void
  readonly offered: readonly string[]
}

/** How WebSockets are carried. */
export interface WebSocketSetup {
  readonly spendMessage: SpendMessage
  readonly upstream: UpstreamSettings
  /** May be lowered. */
  readonly idleMs?: number | undefined
}

/**
 * Forwards an admitted upgrade: the upstream's handshake first, with the secret of the route in its
 * place, then the agent's. What fails before is a refusal like any other; the agent's handshake
 * carries the receipt.
 */
export function forwardUpgrade(upgrade: ReadUpgrade, setup: WebSocketSetup): Forward {
  return (call, reach, run) => {
    const { admitted, injected } = call
    const { reply } = run
    const settle = settleOnce(call, run)
    let upstream: WebSocket
    try {
      upstream = dial(handshakeOf(call, reach, { upgrade, run }), setup.upstream)
    } catch (error) {
      settle('unreached')
      injected?.guard.forget()
      reply.refuseWith(upstreamRefusal(error), error)
      return { cut: () => undefined }
    }
    const state = { cut: fail }
    function fail(code: RefusalCode): void {
      state.cut = () => undefined
      injected?.guard.forget()
      upstream.on('error', () => undefined).terminate()
      reply.refuseWith(code)
    }
    reply.response.once('close', () => {
      if (!reply.upgraded) fail('fault')
    })
    upstream.once('error', (error) => {
      settle(isUnconnected(error) ? 'unreached' : 'unknown')
      reach.failed(error)
      state.cut(upstreamRefusal(error))
    })
    upstream.once('unexpected-response', () => {
      settle('answered')
      state.cut('upstream_unreachable')
    })
    upstream.once('open', () => {
      settle('answered')
      upstream.pause()
      acceptAgent({ upgrade, upstream, run }, (agent) => {
        upstream.resume()
        const spend = () => setup.spendMessage({ admitted, request: reply.requestId })
        const idleMs = setup.idleMs ?? WEBSOCKET_IDLE_MS
        state.cut = bridge({ agent, upstream, spend, guard: injected?.guard, idleMs }).cut
      })
    })
    return { cut: (code) => state.cut(code) }
  }
}

function handshakeOf(
  { presented, admitted, body, request, path, injected }: AdmittedCall,
  reach: PinnedReach,
  { upgrade, run }: { readonly upgrade: ReadUpgrade; readonly run: CallRun },
): Handshake {
  const { arrival, route } = presented
  return {
    origin: route.origin,
    path: injected?.path ?? path,
    headers: injected?.headers ?? requestHead(arrival, route.headers, run.reply.requestId),
    protocols: upgrade.offered,
    reach: { ...reach, privateNet: reachesPrivateNet(admitted.claims.scope, request, body) },
  }
}

/** The first outcome that is known is settled. */
function settleOnce({ admitted }: AdmittedCall, { around, reply }: CallRun) {
  let isSettled = false
  return (outcome: CallOutcome) => {
    if (!isSettled) around.settlements.settle(admitted, outcome, reply.requestId)
    isSettled = true
  }
}

/** The agent's handshake, with the subprotocol that the upstream chose among the offered. */
async function acceptAgent(
  side: {
    readonly upgrade: ReadUpgrade
    readonly upstream: WebSocket
    readonly run: CallRun
  },
  accepted: (agent: WebSocket) => void,
): Promise<void> {
  const { upgrade, upstream, run } = side
  const { protocol } = upstream
  const { reply } = run
  const receipt = await reply.receipt
  const response: ServerResponse = reply.response
  const isOver = upstream.readyState !== upstream.OPEN
  if (isOver || response.headersSent || response.destroyed) return
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: WEBSOCKET_MESSAGE_BYTES_MAX,
    handleProtocols: () => (protocol === '' ? false : protocol),
  })
  server.on('headers', (headers) => {
    headers.push(`X-Request-Id: ${reply.requestId}`)
    if (receipt !== undefined) headers.push(`${RECEIPT_HEADER}: ${receipt}`)
  })
  upgrade.release()
  reply.upgraded = true
  server.handleUpgrade(run.request, upgrade.socket, upgrade.head, accepted)
}
