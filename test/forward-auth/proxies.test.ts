import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type CallOrder,
  call,
  type Edge,
  isInstalled,
  openScene,
  REPORTS,
  type Scene,
  startEdge,
  type Told,
} from './rig.ts'

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

describe.each(['nginx', 'caddy'] as const)('%s with the example of this repository', (name) => {
  // Without the program there is nothing to be proven here; .ci/run installs it.
  const law = it.skipIf(!isInstalled(name))
  let scene: Scene
  let edge: Edge

  beforeAll(async () => {
    if (!isInstalled(name)) return
    scene = await openScene()
    edge = await startEdge(scene, name)
  })
  afterAll(async () => {
    await edge?.close()
    await scene?.site.close()
  })

  const send = (order: CallOrder): Promise<Told> => call(edge, scene, order)
  /** Sends what has to be refused; answers status, code, and how much came through. */
  const refused = async (order: CallOrder) => {
    const before = edge.arrived.length
    const told = await send(order)
    return [told.status, told.headers['writ-refusal'], edge.arrived.length - before]
  }

  law('lets an admitted call through, without its token, and with who called', async () => {
    const token = await scene.token()
    const forged = { 'writ-agent': 'spiffe://evil/agent/x', 'writ-receipt': 'forged' }
    const told = await send({ headers: { ...bearer(token), ...forged } })
    expect([told.status, told.body]).toEqual([200, 'report'])
    const { headers, url } = edge.arrived.at(-1) ?? { headers: {} as never, url: '' }
    expect(url).toBe('/weekly/7')
    expect(headers.authorization).toBeUndefined()
    expect(headers['writ-agent']).toBe(scene.agent.uri)
    expect(headers['writ-lease']).toMatch(/^lease_/)
    expect(headers['writ-receipt']).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
    expect(told.headers['writ-receipt']).toBe(headers['writ-receipt'])
  })

  law('a body goes to the upstream and not to the authority', async () => {
    for (const framing of [{}, { 'transfer-encoding': 'chunked' }]) {
      const headers = { ...bearer(await scene.token()), ...framing }
      const told = await send({ method: 'POST', headers, body: 'x'.repeat(70_000) })
      expect(told.status).toBe(200)
      expect(edge.arrived.at(-1)?.body).toHaveLength(70_000)
    }
  })

  law('I7: a token is spent by the first call', async () => {
    const headers = bearer(await scene.token())
    expect((await send({ headers })).status).toBe(200)
    expect(await refused({ headers })).toEqual([401, 'token_used', 0])
  })

  law('I8: a token is no good in the hands of another agent', async () => {
    const headers = bearer(await scene.token())
    const { credential } = scene.other
    expect(await refused({ headers, credential })).toEqual([401, 'holder_binding_failed', 0])
    expect((await send({ headers })).status).toBe(200)
  })

  law('a stranger without a certificate gets nothing', async () => {
    const headers = bearer(await scene.token())
    const before = edge.arrived.length
    const told = await send({ headers, credential: undefined }).catch(() => undefined)
    expect(told?.status ?? 'cut').not.toBe(200)
    expect(edge.arrived.length).toBe(before)
    expect((await send({ headers })).status).toBe(200)
  })

  law('no token is 401 with a challenge, and says so in the words of the table', async () => {
    const told = await send({})
    expect([told.status, told.headers['writ-refusal']]).toEqual([401, 'unauthenticated'])
    expect(told.headers['www-authenticate']).toMatch(/^Bearer error="invalid_token"/)
    expect(JSON.parse(told.body)).toMatchObject({ code: 'unauthenticated', status: 401 })
  })

  law('what the scope does not cover is 403, told, and keeps its token', async () => {
    const headers = bearer(await scene.token())
    const path = '/monthly/7'
    expect(await refused({ headers, path })).toEqual([403, 'scope_not_granted', 0])
    expect(await refused({ headers, method: 'DELETE' })).toEqual([403, 'scope_not_granted', 0])
    const told = await send({ headers, path })
    expect(JSON.parse(told.body)).toMatchObject({ code: 'scope_not_granted', status: 403 })
    expect((await send({ headers })).status).toBe(200)
  })

  law('HEAD is not GET, and OPTIONS is a method like any other', async () => {
    const headers = bearer(await scene.token())
    expect(await refused({ headers, method: 'HEAD' })).toEqual([403, 'scope_not_granted', 0])
    expect((await send({ headers, method: 'OPTIONS' })).status).toBe(200)
    expect(await refused({ method: 'OPTIONS' })).toEqual([401, 'unauthenticated', 0])
  })

  law.each([
    ['/weekly//7'],
    ['//weekly/7'],
    ['/weekly/../monthly/7'],
    ['/weekly/%2e%2e/monthly/7'],
    ['/weekly/%252e%252e/x'],
    ['/weekly/a%2Fb'],
    ['/weekly/a%5cb'],
    ['/weekly/a;b'],
    ['/monthly/../weekly/7'],
    ['/weekly/7?_method=DELETE'],
  ])('a path that readers could take differently is refused: %s', async (path) => {
    const headers = bearer(await scene.token())
    const [status, , through] = await refused({ headers, path })
    expect([through, Number(status)]).toEqual([0, expect.any(Number)])
    expect(Number(status)).toBeGreaterThanOrEqual(400)
  })

  law('the very bytes that were judged go to the upstream', async () => {
    const path = '/weekly/a%20b,c@d/%E2%82%AC?q=%2F..%2F&r=1'
    expect((await send({ headers: bearer(await scene.token()), path })).status).toBe(200)
    expect(edge.arrived.at(-1)?.url).toBe(path)
  })

  law('headers with which a client describes another request change nothing', async () => {
    const smuggled = {
      'x-original-uri': '/weekly/7',
      'x-original-method': 'GET',
      'x-original-url': '/weekly/7',
      'x-forwarded-uri': '/weekly/7',
      'x-forwarded-method': 'GET',
      'x-forwarded-host': 'reports.example',
      'x-rewrite-url': '/weekly/7',
    }
    for (const [header, value] of Object.entries(smuggled)) {
      const headers = { ...bearer(await scene.token()), [header]: value }
      const [status, , through] = await refused({ headers, path: '/monthly/7' })
      expect([header, status, through]).toEqual([header, 403, 0])
    }
  })

  law('a certificate that a client writes into a header is never its own', async () => {
    const { cert } = scene.agent.credential
    const der = cert.replaceAll(/-----[A-Z ]+-----|\s/g, '')
    const forged = {
      'client-cert': `:${der}:`,
      'x-ssl-client-cert': encodeURIComponent(cert),
      'x-forwarded-client-cert': `Cert="${encodeURIComponent(cert)}"`,
    }
    const { credential } = scene.other
    for (const [header, value] of Object.entries(forged)) {
      const headers = { ...bearer(await scene.token()), [header]: value }
      const [status, , through] = await refused({ headers, credential })
      expect([header, through]).toEqual([header, 0])
      expect([401, 403]).toContain(status)
    }
    for (const header of Object.keys(forged)) {
      const headers = { ...bearer(await scene.token()), [header]: 'forged' }
      const before = edge.arrived.length
      await send({ headers })
      const seen = edge.arrived.slice(before).map((one) => one.headers[header])
      expect([header, seen.includes('forged')]).toEqual([header, false])
    }
  })

  law(
    'what only CGI takes for a header of ours, or for a certificate, does not arrive',
    async () => {
      for (const name of ['Writ_Agent', 'writ_subject', 'X_HTTP_Method_Override', 'X_Request_Id']) {
        const headers = { ...bearer(await scene.token()), [name]: 'forged' }
        const before = edge.arrived.length
        const { status } = await send({ headers })
        const seen = edge.arrived.slice(before).flatMap((one) => Object.values(one.headers))
        expect([name, [200, 403].includes(status), seen.includes('forged')]).toEqual([
          name,
          true,
          false,
        ])
      }
    },
  )

  law('a header that overrides the method does not reach the upstream', async () => {
    const headers = { ...bearer(await scene.token()), 'x-http-method-override': 'DELETE' }
    await send({ headers, method: 'POST' })
    const { headers: seen } = edge.arrived.at(-1) ?? { headers: {} as never }
    expect(seen['x-http-method-override']).toBeUndefined()
  })

  law('an absolute target and a Host of another name do not lead elsewhere', async () => {
    const token = await scene.token()
    const path = 'https://reports.example/monthly/7'
    expect((await refused({ headers: bearer(token), path })).slice(2)).toEqual([0])
    const evil = { ...bearer(token), host: 'evil.example' }
    const [status, , through] = await refused({ headers: evil, path: '/monthly/7' })
    expect([Number(status) === 200, through]).toEqual([false, 0])
  })

  law('two Authorization headers let nothing through that one would not', async () => {
    const { credential } = scene.other
    const headers = {
      authorization: [`Bearer ${await scene.token()}`, `Bearer ${await scene.token()}`],
    }
    const [, , through] = await refused({ headers, credential })
    expect(through).toBe(0)
    await send({ headers })
    expect(edge.arrived.at(-1)?.headers.authorization).toBeUndefined()
  })

  law('an upgrade does not become a connection that nothing can cut', async () => {
    const upgrade = { connection: 'Upgrade', upgrade: 'websocket' }
    const before = edge.arrived.length
    await send({ headers: { ...bearer(await scene.token()), ...upgrade } })
    const passed = edge.arrived.slice(before).filter(({ headers }) => headers.upgrade !== undefined)
    expect(passed).toEqual([])
  })

  law('the address it asks at is nothing to a client', async () => {
    for (const path of ['/_writ', '/_writ/', '/authz', '/authz/envoy/weekly/7']) {
      const [status, , through] = await refused({ path, headers: bearer(await scene.token()) })
      expect([path, Number(status) >= 400, through]).toEqual([path, true, 0])
    }
  })

  law('statuses that a proxy has no word for are 403 with the code of the table', async () => {
    const limits = { ...REPORTS.limits, rate: { requests: 1, per_seconds: 60 } }
    const scope = { ...REPORTS, limits }
    const lease = await scene.agent.ask('POST', '/v1/leases', { body: { scope } })
    const body = { lease_id: lease.json.id, audience: REPORTS.audiences?.[0], count: 2 }
    const minted = await scene.agent.ask('POST', '/v1/tokens', { body })
    const [first, second] = minted.json.tokens as readonly { readonly token: string }[]
    expect((await send({ headers: bearer(first?.token ?? '') })).status).toBe(200)
    const told = await send({ headers: bearer(second?.token ?? '') })
    expect([told.status, told.headers['writ-refusal']]).toEqual([403, 'rate_limited'])
    expect(JSON.parse(told.body)).toMatchObject({ code: 'rate_limited', status: 429 })
    expect(Number(told.headers['retry-after'])).toBeGreaterThan(0)
  })

  law('I9: after a revocation the next call is refused', async () => {
    const lease = await scene.agent.ask('POST', '/v1/leases', { body: { scope: REPORTS } })
    const body = { lease_id: lease.json.id, audience: REPORTS.audiences?.[0] }
    const minted = await scene.agent.ask('POST', '/v1/tokens', { body })
    await scene.site.owner.ask('POST', '/v1/revocations', {
      body: { subject: `lease:${lease.json.id}`, effect: 'revoked', reason: 'a test' },
    })
    const headers = bearer(minted.json.tokens[0].token)
    expect(await refused({ headers })).toEqual([401, 'revoked', 0])
  })

  law('a store that is away is a no', async () => {
    const headers = bearer(await scene.token())
    scene.site.faults.push(new Error('away on purpose'))
    const [status, , through] = await refused({ headers })
    expect([Number(status) >= 400, through]).toEqual([true, 0])
  })

  law('an authority that can not be asked is a no, told as such', async () => {
    const headers = bearer(await scene.token())
    await scene.site.close()
    const told = await send({ headers })
    expect([told.status, told.headers['writ-refusal']]).toEqual([503, 'status_unknown'])
  })
})
