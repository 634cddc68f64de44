/**
 * One agent as its own process. It holds its key, knows the authority and the gateway, and does
 * what it is ordered to over the channel of its parent; its key never leaves it.
 */
import { type Client, type Connection, createClient } from '../../src/client/client.ts'
import { createGatewayClient, type GatewayClient } from '../../src/client/gateway.ts'
import type { AgentUri } from '../../src/domain/ids.ts'
import { createAgentRequest } from '../../src/pki/csr.ts'
import { ask } from './ask.ts'
import { collect, register } from './newcomer.ts'
import type { Envelope, Order, OrderedCall, Replies, Sent, StreamEnd } from './orders.ts'

interface Equipment {
  readonly authority: Client
  readonly gateway: GatewayClient
  /** One connection only, opened once and kept. */
  readonly kept: GatewayClient
}

let privateKey = ''
let equipment: Equipment | undefined
let openStream: Promise<StreamEnd> | undefined

async function obey(order: Order): Promise<Replies[Order['op']]> {
  switch (order.op) {
    case 'request': {
      const made = await createAgentRequest(order.uri as AgentUri)
      privateKey = made.privateKeyPem
      return { csr: made.csrPem }
    }
    case 'register': {
      const { asked, key } = await register(order)
      if (asked.refusal === undefined) privateKey = key
      return asked
    }
    case 'collect':
      return collect(order.api, privateKey)
    case 'equip': {
      await putDown()
      const { certificate, ca, agents, gateway } = order
      const held = { ca, certificate, privateKey }
      equipment = equip({ ...held, address: agents }, { ...held, address: gateway })
      return null
    }
    case 'ask':
      return ask(held().authority, order.call)
    case 'send':
      return Promise.all(order.calls.map((call) => send(held().gateway, call)))
    case 'keep':
      return send(held().kept, order.call)
    case 'stream':
      return stream(order.call)
    case 'streamEnd':
      if (openStream === undefined) throw new Error('no stream is open')
      return openStream
  }
}

function equip(authority: Connection, gateway: Connection): Equipment {
  return {
    authority: createClient(authority),
    gateway: createGatewayClient(gateway),
    kept: createGatewayClient(gateway, 1),
  }
}

function held(): Equipment {
  if (equipment === undefined) throw new Error('this agent has no certificate yet')
  return equipment
}

async function putDown(): Promise<void> {
  if (equipment === undefined) return
  const { authority, gateway, kept } = equipment
  await Promise.all([authority.close(), gateway.close(), kept.close()])
}

async function send(client: GatewayClient, call: OrderedCall): Promise<Sent> {
  const answer = await client.send(call)
  const text = Buffer.concat(await answer.body.toArray()).toString('utf8')
  const { status, refusal } = answer
  return { status, refusal, text, connections: client.connectionsOpened() }
}

async function stream(call: OrderedCall): Promise<Replies['stream']> {
  const { body, status, refusal } = await held().gateway.send(call)
  let bytes = 0
  const first = new Promise<void>((resolve) => {
    body.once('data', () => resolve())
    body.once('close', () => resolve())
  })
  openStream = new Promise<StreamEnd>((resolve) => {
    const end = (cut: boolean) => resolve({ bytes, cut, at: Date.now() })
    body.once('error', () => end(true))
    body.once('end', () => end(false))
  })
  body.on('data', (chunk: Buffer) => {
    bytes += chunk.length
  })
  await first
  return { status, refusal }
}

process.on('message', ({ id, order }: Envelope) => {
  obey(order).then(
    (value) => process.send?.({ id, value }),
    (error: unknown) => process.send?.({ id, error: String(error) }),
  )
})
// Without the parent there is nobody to act for.
process.on('disconnect', () => process.exit(0))
