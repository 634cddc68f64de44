import { Agent } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { extensionHeader, withDelegation } from '../../src/middleware/a2a.ts'
import type { Peer } from '../support/http.ts'
import { type Example, startExample } from './example.ts'

describe.each(['hono', 'express', 'fastify'])('the example %s, as its own process', (name) => {
  let example: Example
  let lease: string

  beforeAll(async () => {
    example = await startExample(name, ({ port }) => [
      {
        type: 'http',
        hosts: ['127.0.0.1'],
        ports: [port],
        methods: ['GET'],
        paths: ['/reports/*'],
        private_net: true,
      },
    ])
    lease = await example.open()
  }, 60_000)
  afterAll(() => example.close())

  async function get(as: Peer, path: string, token: string) {
    const dispatcher = new Agent({ connect: { ca: example.deployment.rootPem, ...as.credential } })
    const answer = await dispatcher.request({
      origin: `https://127.0.0.1:${example.port}`,
      path,
      method: 'GET',
      headers: { authorization: `Bearer ${token}` },
    })
    const json = (await answer.body.json()) as object
    await dispatcher.close()
    return { status: answer.statusCode, json }
  }

  it('answers one call for one token, with the certificate it was enrolled with', async () => {
    const token = await example.mint(lease)
    const { worker, thief } = example
    const stolen = await get(thief, '/reports/q3', token)
    expect(stolen).toMatchObject({ status: 401, json: { code: 'holder_binding_failed' } })
    const first = await get(worker, '/reports/q3', token)
    expect(first).toEqual({
      status: 200,
      json: { report: 'q3', for: worker.uri, receipt: true },
    })
    const second = await get(worker, '/reports/q3', token)
    expect(second).toMatchObject({ status: 401, json: { code: 'token_used' } })
  })
})

it('the example a2a redeems what comes in a message, as itself, once', async () => {
  const grant = { type: 'http', hosts: ['a.example'], methods: ['GET'], paths: ['/**'] }
  const example = await startExample('a2a', () => [grant])
  const { thief: planner, worker } = example
  const scope = { type: 'urn:writ:scope:v1', grants: [grant] }
  const opening = { scope: { ...scope, limits: { max_depth: 1, max_children: 2 } } }
  const opened = await planner.ask('POST', '/v1/leases', { body: opening })
  const body = { lease_id: opened.json.id, delegate: worker.uri, scope }
  const made = await planner.ask('POST', '/v1/delegations', { body })
  const message = withDelegation({ messageId: 'm', role: 'ROLE_USER' }, made.json.token)
  const send = async () => {
    const answer = await fetch(`http://127.0.0.1:${example.port}/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...extensionHeader() },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'SendMessage', params: { message } }),
    })
    return { status: answer.status, text: await answer.text() }
  }
  const first = await send()
  expect(first).toMatchObject({ status: 200, text: expect.stringMatching(/I hold lease_/) })
  expect(first.text).not.toContain(made.json.token)
  expect((await send()).status).toBe(500)
  await example.close()
}, 60_000)
