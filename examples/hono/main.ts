/** A service with Hono: every call spends one token. `node --import tsx examples/hono/main.ts` */
import { createServer } from 'node:https'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { createWrit, type ProtectedEnv } from '../../src/middleware/index.ts' // 'writ/middleware'
import { env, settings } from '../settings.ts'

const writ = createWrit(settings())
const app = new Hono<ProtectedEnv>()
app.use('/reports/*', writ.protect())
app.get('/reports/:name', (c) => {
  const { claims, receipt } = c.get('writ')
  return c.json({ report: c.req.param('name'), for: claims.agent, receipt: receipt !== undefined })
})

const server = createAdaptorServer({
  fetch: app.fetch,
  createServer,
  serverOptions: { ...writ.tls },
})
server.listen(Number(env('PORT')), '127.0.0.1', () => console.log('ready'))
