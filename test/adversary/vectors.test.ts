import type { IncomingMessage, RequestListener } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGateway, startUpstream, type TestGateway } from '../support/gateway.ts'
import { tell } from '../support/gateway-client.ts'
import { importsOf, sourcesIn } from '../tidy/sources.ts'

let upstream: Awaited<ReturnType<typeof startUpstream>>
let gateway: TestGateway
let handle: RequestListener

beforeAll(async () => {
  upstream = await startUpstream((request, response) => handle(request, response))
  gateway = await startGateway(upstream.origin)
})
afterAll(async () => {
  await gateway.gateway.close({ graceMs: 0 })
  upstream.close()
})

describe('vectors that other lists name', () => {
  it.each(['cookie', 'Cookie', 'COOKIE', 'cookie2', 'set-cookie'])(
    'cookie exfiltration: no cookie passes the gateway, either way, as %s',
    async (name) => {
      let got: IncomingMessage['headers'] = {}
      handle = (request, response) => {
        got = request.headers
        response.setHeader('Set-Cookie', ['session=theirs; Path=/', 'b=2'])
        response.setHeader('Set-Cookie2', 'c=3')
        response.setHeader(name, 'session=theirs')
        response.end('done')
      }
      const seen = await tell(gateway, { path: '/up/a', headers: { [name]: 'session=mine' } })
      expect(seen.status).toBe(200)
      expect(JSON.stringify([got, seen.headers])).not.toContain('session=')
    },
  )

  it('unexpected code execution: no source evaluates text, and only the command starts programs', () => {
    const sources = sourcesIn('src')
    const evaluating = sources.filter(({ text }) => /\beval\(|\bnew Function\(/.test(text))
    expect(evaluating.map(({ path }) => path)).toEqual([])
    const starting = sources.filter((file) =>
      importsOf(file).some((name) => /^node:(child_process|vm)$|^(child_process|vm)$/.test(name)),
    )
    expect(starting.map(({ path }) => path).filter((path) => !path.startsWith('src/cli/'))).toEqual(
      [],
    )
  })
})
