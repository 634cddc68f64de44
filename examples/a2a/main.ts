/**
 * An A2A agent: takes a delegation out of the message it gets, redeems it as itself, and answers
 * with what it may do now. `node --import tsx examples/a2a/main.ts`
 */
import { createServer } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { createAgent } from '../../src/client/index.ts' // 'writ/client'
import { delegationExtension, receiveDelegation } from '../../src/middleware/a2a.ts'
import { env, identityIn } from '../settings.ts'

const agent = createAgent({
  authority: env('WRIT_AGENTS_ADDR'),
  identity: identityIn(env('WRIT_IDENTITY')),
})
const app = new Hono()

app.get('/.well-known/agent-card.json', (c) =>
  c.json({ name: 'worker', capabilities: { extensions: [delegationExtension(true)] } }),
)
app.post('/', async (c) => {
  const { id, params } = await c.req.json()
  const { message, lease } = await receiveDelegation(params.message, (token) => agent.redeem(token))
  const text = lease === undefined ? 'I may do nothing.' : `I hold ${lease.id}.`
  const answer = { messageId: `re-${message.messageId}`, role: 'ROLE_AGENT', parts: [{ text }] }
  return c.json({ jsonrpc: '2.0', id, result: { message: answer } })
})

// The demo listens on this machine alone; between machines A2A goes over TLS.
const server = createAdaptorServer({ fetch: app.fetch, createServer })
server.listen(Number(env('PORT')), '127.0.0.1', () => console.log('ready'))
