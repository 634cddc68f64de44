import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { REFUSALS, refuse } from '../../src/domain/refusal.ts'
import { startGateway, startUpstream, type TestGateway } from '../support/gateway.ts'
import { tell } from '../support/gateway-client.ts'
import { pointStatus, WIRE_FORMS, type WireForm } from './wire.ts'

const CODES = [...REFUSALS.keys()]
const FACTS = { rule: 'canary-of-the-facts', at: 4_711_815, matched: true }
const CANARY = /canary-of-the-facts|4711815/

describe.each(WIRE_FORMS.map((form) => [form.name, form] as const))('%s', (_name, form) => {
  it.each(CODES)('tells %s by this very word, and nothing of its facts', (code) =>
    expectTold(form, code),
  )
})

describe('the gateway', () => {
  let upstream: Awaited<ReturnType<typeof startUpstream>>
  let gateway: TestGateway
  beforeAll(async () => {
    upstream = await startUpstream((_request, response) => response.end('the upstream'))
    gateway = await startGateway(upstream.origin)
  })
  afterAll(async () => {
    await gateway.gateway.close({ graceMs: 0 })
    upstream.close()
  })

  it.each(CODES)('tells %s by this very word, and nothing of its facts', (code) =>
    expectTold(
      {
        name: 'gateway',
        number: pointStatus,
        async tell(refusal) {
          gateway.admit = async () => ({ ok: false, refusal })
          const { status, body, rawHeaders } = await tell(gateway, { path: '/up/a' })
          const { code: word } = JSON.parse(body.toString())
          expect(rawHeaders[rawHeaders.indexOf('Writ-Refusal') + 1]).toBe(word)
          return { number: status, wire: rawHeaders.join() + body.toString(), word }
        },
      },
      code,
    ),
  )
})

async function expectTold(form: WireForm, code: (typeof CODES)[number]): Promise<void> {
  const told = await form.tell(refuse(code, FACTS).refusal)
  expect([told.word, told.number]).toEqual([code, form.number(code)])
  expect(told.wire).not.toMatch(CANARY)
}
