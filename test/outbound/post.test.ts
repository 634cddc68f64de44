import { createServer as createPlain, type RequestListener, type Server } from 'node:http'
import { createServer as createTls } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { parseWebhookUrl } from '../../src/domain/webhook.ts'
import { createPost, type Post, type PostSettings } from '../../src/outbound/post.ts'
import { testServerTls } from '../support/outbound.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function listening(server: Server): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return (server.address() as AddressInfo).port
}

const plain = (answer: RequestListener) => listening(createPlain(answer))

function post(url: string, settings: PostSettings = {}, change: Partial<Post> = {}) {
  const target = parseWebhookUrl(url, true)
  if (!target.ok) throw new Error(url)
  const message = { privateNet: true, headers: { 'x-test': 'yes' }, body: '{}', timeoutMs: 1_000 }
  return createPost(settings)({ target: target.value, ...message, ...change })
}

describe('posting to an address that an owner names', () => {
  it('tells the status and nothing else of the answer', async () => {
    const seen: string[] = []
    const port = await plain((asked, answer) => {
      asked.on('data', (chunk) => seen.push(`${asked.method} ${asked.url} ${chunk}`))
      asked.on('end', () => answer.writeHead(204).end())
    })
    const answer = await post(`http://127.0.0.1:${port}/a?b=c`)
    expect(answer).toEqual({ kind: 'answered', status: 204 })
    expect(seen).toEqual(['POST /a?b=c {}'])
  })

  it('does not follow a redirect', async () => {
    let asked = 0
    const port = await plain((_asked, answer) => {
      asked += 1
      answer.writeHead(307, { location: `http://127.0.0.1:${port}/elsewhere` }).end()
    })
    const answer = await post(`http://127.0.0.1:${port}/`)
    expect([answer, asked]).toEqual([{ kind: 'answered', status: 307 }, 1])
  })

  it('gives up on a receiver that changes to another protocol', async () => {
    const port = await plain((_asked, answer) => {
      answer.writeHead(101, { connection: 'upgrade', upgrade: 'x' }).end()
    })
    const answer = await post(`http://127.0.0.1:${port}/`)
    expect(answer).toEqual({ kind: 'failed', detail: 'unreachable' })
  })

  it('gives up on a receiver that never answers, and on a body without end', async () => {
    const silent = await plain(() => undefined)
    const answer = await post(`http://127.0.0.1:${silent}/`, {}, { timeoutMs: 100 })
    expect(answer).toEqual({ kind: 'failed', detail: 'timeout' })
    const endless = await plain((_asked, answer) => {
      answer.writeHead(200)
      const timer = setInterval(() => answer.write('x'.repeat(1_000)), 1)
      answer.on('close', () => clearInterval(timer))
    })
    expect(await post(`http://127.0.0.1:${endless}/`)).toEqual({ kind: 'answered', status: 200 })
  })

  it('blocks a private address, also behind a name, unless the owner said private_net', async () => {
    let asked = 0
    const port = await plain((_asked, answer) => {
      asked += 1
      answer.end()
    })
    const blocked = { kind: 'failed', detail: 'blocked' }
    const isPublic = { privateNet: false }
    expect(await post(`http://127.0.0.1:${port}/`, {}, isPublic)).toEqual(blocked)
    for (const addresses of [['127.0.0.1'], ['93.184.216.34', '10.0.0.1'], ['::ffff:7f00:1']]) {
      const resolve = async () => addresses
      const url = `https://alerts.acme.example:${port}/`
      expect(await post(url, { resolve }, isPublic)).toEqual(blocked)
    }
    expect(asked).toBe(0)
  })

  it('asks for the addresses of a name once, and dials one of those', async () => {
    const { tls, authority } = await testServerTls(['alerts.acme.example'])
    const port = await listening(createTls(tls, (_asked, answer) => answer.writeHead(202).end()))
    const names: string[] = []
    const resolve = async (name: string) => {
      names.push(name)
      return names.length === 1 ? ['127.0.0.1'] : ['10.0.0.1']
    }
    const url = `https://alerts.acme.example:${port}/`
    const trusting = { resolve, authorities: [authority] }
    expect(await post(url, trusting)).toEqual({ kind: 'answered', status: 202 })
    expect(names).toEqual(['alerts.acme.example'])
  })

  it('refuses a certificate that is not trusted or of another name', async () => {
    const { tls, authority } = await testServerTls(['alerts.acme.example'])
    const port = await listening(createTls(tls, (_asked, answer) => answer.end()))
    const resolve = async () => ['127.0.0.1']
    const failed = { kind: 'failed', detail: 'tls' }
    const right = `https://alerts.acme.example:${port}/`
    expect(await post(right, { resolve })).toEqual(failed)
    const other = `https://other.acme.example:${port}/`
    expect(await post(other, { resolve, authorities: [authority] })).toEqual(failed)
  })

  it('says unreachable when nobody listens or the name is not known', async () => {
    const unreachable = { kind: 'failed', detail: 'unreachable' }
    expect(await post('http://127.0.0.1:1/')).toEqual(unreachable)
    const resolve = () => Promise.reject(new Error('ENOTFOUND'))
    expect(await post('https://nobody.acme.example/', { resolve })).toEqual(unreachable)
  })
})
