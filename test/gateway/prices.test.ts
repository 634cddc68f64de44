import type { RequestListener } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LeaseId } from '../../src/domain/ids.ts'
import { PRICED_MODELS_MAX, SETTLE_PAUSE_MS, SETTLE_TRIES } from '../../src/domain/limits.ts'
import { refuse } from '../../src/domain/refusal.ts'
import { accept } from '../../src/domain/result.ts'
import { later } from '../../src/domain/time.ts'
import { readRouteTable } from '../../src/gateway/route-table.ts'
import type { SettleCall } from '../../src/gateway/settlements.ts'
import {
  admittedAs,
  grantFor,
  routeToml,
  scopeOf,
  startGateway,
  startUpstream,
  type TestGateway,
} from '../support/gateway.ts'
import { tell } from '../support/gateway-client.ts'

const ROOT = 'lease_AAAAAAAAAAAAAAAAAAAAAA' as LeaseId
const MODEL =
  '[[route.prices.model]]\nname = "gpt-5"\ninput = 1250000\noutput = 10000000\nmax = 900'
const PRICES = `[route.prices]\nunit = "USD"\ndecimals = 6\nper = 1000000\n${MODEL}`
const most = { unit: 'USD', decimals: 6, amount: 900 }
const ASKED = JSON.stringify({ model: 'gpt-5', messages: [] })
const USED = JSON.stringify({ usage: { prompt_tokens: 10, completion_tokens: 20 } })

type Settlement = Parameters<SettleCall>[0]

let upstream: Awaited<ReturnType<typeof startUpstream>>
let handle: RequestListener
let gateway: TestGateway
let settlements: Settlement[]
let results: string[]
let settleCall: SettleCall

beforeEach(async () => {
  handle = (_request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(USED)
  }
  upstream = await startUpstream((request, response) => handle(request, response))
  settlements = []
  results = []
  settleCall = async (call) => {
    settlements.push(call)
    return accept({ jti: call.jti, lease: ROOT, spent: [], again: false })
  }
  gateway = await startGateway(upstream.origin, {
    routesToml: routeToml('llm', upstream.origin, PRICES),
    settleCall: (call) => settleCall(call),
    observeSettlement: (result) => results.push(result),
  })
  gateway.scope = scopeOf(grantFor(upstream.origin, { methods: ['GET', 'POST'] }))
  gateway.admit = async (presentation) => {
    const admitted = admittedAs(presentation, gateway.scope, later(gateway.now, 600))
    const claims = { ...admitted.claims, lease: { id: ROOT, lineage: [ROOT] } }
    return accept({ ...admitted, claims, reserved: presentation.costs ?? [] })
  }
})
afterEach(async () => {
  await gateway.gateway.close({ graceMs: 0 })
  upstream.close()
})

const ask = (body = ASKED, headers: Record<string, string> = {}) =>
  tell(gateway, {
    method: 'POST',
    path: '/llm/v1/chat/completions',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })
const until = async (done: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 400 && !done(); turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
const settled = async () => {
  await until(() => results.length > 0)
  return settlements.map(({ actual, usage }) => ({ actual, usage }))
}

describe('a call that is measured', () => {
  it('KS-13: reserves the most and settles what the answer says it used, rounded up', async () => {
    let got: unknown
    const { handle: answer } = { handle }
    handle = (request, response) => {
      got = request.headers['accept-encoding']
      answer(request, response)
    }
    const { body } = await ask(ASKED, { 'accept-encoding': 'gzip, br' })
    expect(body.toString()).toBe(USED)
    expect(gateway.presentations[0]?.costs).toEqual([most])
    expect(await settled()).toEqual([
      {
        actual: [{ ...most, amount: 213 }],
        usage: { model: 'gpt-5', inputTokens: 10, outputTokens: 20 },
      },
    ])
    expect(got, 'an answer that can be read').toBe('identity')
  })

  it('passes a stream on as it comes, and settles at its end', async () => {
    let finish: () => void = () => undefined
    handle = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: {"delta":"a"}\n\n')
      finish = () => response.end(`data: ${USED}\n\ndata: [DONE]\n\n`)
    }
    const answering = ask()
    await until(() => gateway.presentations.length > 0)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(results).toEqual([])
    finish()
    expect((await answering).body.toString()).toContain('"delta":"a"')
    expect((await settled())[0]?.actual).toEqual([{ ...most, amount: 213 }])
  })

  it.each<[string, RequestListener]>([
    ['the answer says nothing of it', (_request, response) => response.end('{}')],
    [
      'the answer breaks off',
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '999' })
        response.write(USED)
        setTimeout(() => response.destroy(), 20)
      },
    ],
    [
      'the upstream says no',
      (_request, response) => response.writeHead(500).end('{"error":"overloaded"}'),
    ],
  ])('I11: stands as spent when its usage is not known: %s', async (_why, listener) => {
    handle = listener
    await ask()
    expect(await settled()).toEqual([{ actual: [most], usage: undefined }])
    expect(results).toEqual(['committed'])
  })

  it('stays reserved when there was no answer at all', async () => {
    handle = (request) => request.socket.destroy()
    await ask()
    await until(() => results.length > 0)
    expect([settlements, results]).toEqual([[], ['unknown']])
  })

  it.each([
    ['a model without a price', '{"model":"gpt-6"}'],
    ['no model', '{"messages":[]}'],
    ['two models', '{"model":"gpt-5","model":"gpt-6"}'],
    ['two models but for their case', '{"model":"gpt-5","Model":"gpt-6"}'],
    ['a model that only some readers see', '{"MODEL":"gpt-5"}'],
    ['no JSON', 'model=gpt-5'],
  ])('states no cost of %s, so that a budget refuses it', async (_what, body) => {
    await ask(body)
    expect(gateway.presentations[0]?.costs).toEqual([])
  })

  it('states no cost of a request without a body', async () => {
    await tell(gateway, { path: '/llm/v1/models' })
    expect(gateway.presentations[0]?.costs).toEqual([])
  })
})

describe('a settlement that fails', () => {
  it('is tried again for a moment, and is the same each time', async () => {
    const tries: Settlement[] = []
    settleCall = async (call) => {
      tries.push(call)
      if (tries.length === 1) throw new Error('the authority is away')
      if (tries.length < SETTLE_TRIES) return refuse('status_unknown')
      return accept({ jti: call.jti, lease: ROOT, spent: [], again: false })
    }
    await ask()
    const began = performance.now()
    await until(() => results.length > 0)
    expect(performance.now() - began).toBeGreaterThan(3 * SETTLE_PAUSE_MS)
    expect(results).toEqual(['committed'])
    expect(new Set(tries.map((call) => JSON.stringify(call))).size).toBe(1)
    expect(tries).toHaveLength(SETTLE_TRIES)
  })

  it('is left reserved after that, and at once when the answer is a clear no', async () => {
    let tries = 0
    settleCall = async () => {
      tries += 1
      return refuse(tries <= SETTLE_TRIES ? 'overloaded' : 'conflict')
    }
    await ask()
    await until(() => results.length > 0)
    expect([tries, results]).toEqual([SETTLE_TRIES, ['failed']])
    await ask()
    await until(() => results.length > 1)
    expect([tries, results]).toEqual([SETTLE_TRIES + 1, ['failed', 'failed']])
  })
})

describe('a price table', () => {
  const problem = (prices: string, more = '') => {
    const text = routeToml('llm', 'https://llm.example', `${more}\n${prices}`)
    const read = readRouteTable({ name: 'r', text })
    return read.ok ? undefined : read.problem
  }
  const models = (count: number) =>
    Array.from({ length: count }, (_, at) => MODEL.replace('gpt-5', `m-${at}`)).join('\n')

  it('is read, and refused where it says nothing that can be meant', () => {
    expect(problem(PRICES)).toBeUndefined()
    expect(problem(PRICES.replace('gpt-5', 'gpt-*'))).toBeUndefined()
    const head = PRICES.slice(0, PRICES.indexOf('[[route.prices'))
    expect(problem(head + models(PRICED_MODELS_MAX))).toBeUndefined()
    for (const [from, to, said] of [
      ['per = 1000000', 'per = 0', 'per has to be'],
      ['unit = "USD"', 'unit = "U S D"', 'unit and decimals'],
      ['max = 900', 'max = -1', 'max has to be'],
      ['max = 900', '', 'max has to be'],
      ['input = 1250000', 'input = 1.5', 'input and output'],
      ['"gpt-5"', '"g*t"', 'name is no name'],
      ['per = ', 'pre = ', 'there is no key pre'],
      [MODEL, '', 'models as'],
      [MODEL, models(PRICED_MODELS_MAX + 1), 'models as'],
      [MODEL, `${MODEL}\n${MODEL}`, 'stands twice'],
    ] as const) {
      expect(problem(PRICES.replace(from, to)), `${from} → ${to}`).toContain(said)
    }
    const cost = 'cost = [{ unit = "USD", decimals = 2, amount = 1 }]'
    expect(problem(PRICES, cost)).toContain('cost has USD too')
    expect(problem(PRICES, 'mode = "detached"')).toContain('authority')
  })
})
