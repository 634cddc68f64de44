/** A service with Express 5. `node --import tsx examples/express/main.ts` */
import { createServer } from 'node:https'
import express from 'express'
import { createWrit, writOf } from '../../src/middleware/express.ts' // 'writ/middleware/express'
import { env, settings } from '../settings.ts'

const writ = createWrit(settings())
const app = express()
app.enable('case sensitive routing').enable('strict routing')
app.use('/reports', writ.protect())
app.get('/reports/:name', (request, response) => {
  const { claims, receipt } = writOf(request)
  const { name } = request.params
  response.json({ report: name, for: claims.agent, receipt: receipt !== undefined })
})

createServer(writ.tls, app).listen(Number(env('PORT')), '127.0.0.1', () => console.log('ready'))
