import { once } from 'node:events'
import { Agent, request } from 'undici'
import { WebSocket } from 'ws'
import type { Peer } from './http.ts'
import type { ProvenSite } from './proven-site.ts'
import { STREAM } from './proven-site.ts'

/** Calls of agents that run at a gateway. */
export interface RunningCalls {
  /** Opens a stream of an agent's lease, and has its first bytes. */
  stream(holder: Peer, lease: string, how?: StreamOf): Promise<RunningStream>
  /** Opens a WebSocket at a route. */
  socket(holder: Peer, lease: string, route: string): Promise<RunningSocket>
  /** Breaks off all of them. */
  close(): Promise<void>
}

/** How a stream is asked for; as a `GET` at the route `up` when left out. */
export interface StreamOf {
  readonly route?: string
  readonly method?: 'GET' | 'POST'
  readonly body?: string
}

/** A stream that was begun. */
export interface RunningStream {
  /** Resolves when it is over; whether it was to be. */
  readonly over: Promise<'ended' | 'cut'>
  /** Resolves when this text has come since it was asked for. */
  hears(text: string): Promise<void>
}

/** A WebSocket that is open. */
export interface RunningSocket {
  /** Resolves with number and word when it is closed. */
  readonly closed: Promise<readonly [number, string]>
  /** Sends a text, and resolves with what comes back. */
  echo(text: string): Promise<string>
}

/** Opens nothing yet. */
export function runningCalls(world: () => ProvenSite): RunningCalls {
  const clients: Agent[] = []
  const sockets: WebSocket[] = []
  const secured = (holder: Peer) => {
    const { cert = '', key = '' } = holder.credential ?? {}
    return { ca: world().site.rootPem, cert, key }
  }
  const bearer = async (holder: Peer, lease: string) => {
    const minted = await world().mint(holder, lease)
    return { authorization: `Bearer ${minted.json.tokens[0].token}` }
  }
  return {
    async stream(holder, lease, { route = 'up', method = 'GET', body = null } = {}) {
      const client = new Agent({ connect: secured(holder) })
      clients.push(client)
      const headers = await bearer(holder, lease)
      const answer = await request(`${world().gateway}/${route}${STREAM}`, {
        dispatcher: client,
        method,
        headers,
        body,
      })
      if (answer.statusCode !== 200) throw new Error(await answer.body.text())
      await once(answer.body, 'readable')
      answer.body.read()
      const over = new Promise<'ended' | 'cut'>((resolve) => {
        answer.body.once('end', () => resolve('ended')).once('error', () => resolve('cut'))
      })
      const hears = (text: string) =>
        new Promise<void>((resolve) => {
          let heard = ''
          answer.body.on('data', (chunk: Buffer) => {
            heard += chunk.toString()
            if (heard.includes(text)) resolve()
          })
        })
      answer.body.resume()
      return { over, hears }
    },
    async socket(holder, lease, route) {
      const url = `${world().gateway.replace(/^http/, 'ws')}/${route}/a/chat`
      const headers = await bearer(holder, lease)
      const socket = new WebSocket(url, { ...secured(holder), headers })
      sockets.push(socket.on('error', () => undefined))
      await once(socket, 'open')
      const closed = once(socket, 'close').then(
        ([code, reason]) => [Number(code), String(reason)] as const,
      )
      const echo = async (text: string) => {
        socket.send(text)
        return String((await once(socket, 'message'))[0])
      }
      return { closed, echo }
    },
    async close() {
      for (const socket of sockets.splice(0)) socket.terminate()
      await Promise.all(clients.splice(0).map((client) => client.destroy()))
    },
  }
}
