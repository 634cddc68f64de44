/** A service with Fastify 5. `node --import tsx examples/fastify/main.ts` */
import fastify from 'fastify'
import { createWrit, writOf } from '../../src/middleware/fastify.ts' // 'writ/middleware/fastify'
import { env, settings } from '../settings.ts'

const writ = createWrit(settings())
const app = fastify({ https: writ.tls })
app.addHook('onRequest', writ.protect())
app.get<{ Params: { name: string } }>('/reports/:name', async (request) => {
  const { claims, receipt } = writOf(request)
  return { report: request.params.name, for: claims.agent, receipt: receipt !== undefined }
})

await app.listen({ port: Number(env('PORT')), host: '127.0.0.1' })
console.log('ready')
