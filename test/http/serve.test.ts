import { Hono } from 'hono'
import { request } from 'undici'
import { describe, expect, it } from 'vitest'
import { createApiApp } from '../../src/compose/apps.ts'
import { BODY_BYTES_MAX } from '../../src/domain/limits.ts'
import type { HttpEnv } from '../../src/listener/context.ts'
import { createHealth } from '../../src/listener/health.ts'
import { listen } from '../../src/listener/serve.ts'
import { createLog } from '../../src/log.ts'
import { openDeployment } from '../support/http.ts'

const HERE = { host: '127.0.0.1', port: 0 }

describe('the plain listener on a socket', () => {
  it('answers, refuses what is too large and a host that is not ours', async () => {
    const site = await openDeployment()
    const log = createLog({ level: 'silent' })
    const { world, metrics } = site
    const app = createApiApp({ world, metrics, log, health: createHealth({}), hosts: [] })
    const listening = await listen(app, HERE)
    try {
      const at = `http://127.0.0.1:${listening.port}`
      const authorization = `Bearer ${site.ownerToken}`
      const listed = await request(`${at}/v1/operators`, { headers: { authorization } })
      expect(listed.statusCode).toBe(200)
      await listed.body.dump()
      const large = await request(`${at}/v1/operators`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: ' '.repeat(BODY_BYTES_MAX + 1),
      })
      expect(large.statusCode).toBe(413)
      await large.body.dump()
      const rebound = await request(`${at}/healthz`, { headers: { host: 'rebound.example' } })
      expect(rebound.statusCode).toBe(421)
      await rebound.body.dump()
    } finally {
      await listening.close(50)
      await site.close()
    }
  })
})

describe('closing a listener', () => {
  it('lets a request that runs end, and takes no more', async () => {
    const app = new Hono<HttpEnv>()
    app.get('/', async (c) => {
      await new Promise((resolve) => {
        setTimeout(resolve, 150)
      })
      return c.text('done')
    })
    const listening = await listen(app, HERE)
    const url = `http://127.0.0.1:${listening.port}/`
    const running = request(url)
    await new Promise((resolve) => {
      setTimeout(resolve, 50)
    })
    const closed = listening.close()
    const answer = await running
    expect(await answer.body.text()).toBe('done')
    await closed
    await expect(request(url)).rejects.toThrow()
  })

  it('cuts what does not end within the grace', async () => {
    const app = new Hono<HttpEnv>()
    app.get('/', () => new Promise<Response>(() => undefined))
    const listening = await listen(app, HERE)
    const running = request(`http://127.0.0.1:${listening.port}/`)
    const failed = expect(running).rejects.toThrow()
    await new Promise((resolve) => {
      setTimeout(resolve, 50)
    })
    await listening.close(50)
    await failed
  })

  it('says when the address is taken', async () => {
    const app = new Hono<HttpEnv>()
    const listening = await listen(app, HERE)
    await expect(listen(app, { ...HERE, port: listening.port })).rejects.toThrow(/EADDRINUSE/)
    await listening.close()
  })
})
