import {
  Client as ClientV2,
  StreamableHTTPClientTransport as HttpV2,
} from '@modelcontextprotocol/client'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { FREE_TERMS, KEY, type LeashSite, openLeashSite } from '../support/leash.ts'

/** What these tests use of either client. */
interface AnyClient {
  listTools(): Promise<{ tools: { name: string }[] }>
  callTool(call: { name: string; arguments?: Record<string, unknown> }): Promise<unknown>
  close(): Promise<void>
}
interface Answer {
  readonly isError?: boolean
  readonly content: { readonly type: string; readonly text: string }[]
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape
  readonly structuredContent: any
}

const INFO = { name: 'foreign', version: '1.0.0' }
let leash: LeashSite

beforeAll(async () => {
  leash = await openLeashSite()
})
afterAll(() => leash.close())

const v2 = (mode: 'auto' | 'legacy') => async (): Promise<AnyClient> => {
  const client = new ClientV2(INFO, mode === 'auto' ? { versionNegotiation: { mode: 'auto' } } : {})
  const fetch = leash.fetchAs(leash.agent.credential)
  await client.connect(new HttpV2(leash.mcp, { fetch }))
  return client as unknown as AnyClient
}
const v1 = async (): Promise<AnyClient> => {
  const client = new ClientV1(INFO)
  const fetch = leash.fetchAs(leash.agent.credential)
  await client.connect(new HttpV1(leash.mcp, { fetch }) as Parameters<typeof client.connect>[0])
  return client as unknown as AnyClient
}

describe.each([
  ['the SDK’s client, version 2, of 2026-07-28', v2('auto')],
  ['the SDK’s client, version 2, of 2025', v2('legacy')],
  ['the SDK’s client, version 1', v1],
])('LEASH-04, LEASH-31, LEASH-41: %s over Streamable HTTP and mTLS', (_name, connect) => {
  let client: AnyClient
  const call = async (name: string, given: Record<string, unknown> = {}) =>
    (await client.callTool({ name, arguments: given })) as Answer

  beforeEach(async () => {
    await leash.terms(FREE_TERMS)
    client = await connect()
    return () => client.close()
  })

  it('finds five tools in both spellings', async () => {
    const { tools } = await client.listTools()
    const names = tools.map(({ name }) => name).toSorted()
    const five = [
      'check_status',
      'connection_info',
      'execute_action',
      'list_available',
      'request_secret',
    ]
    expect(names).toEqual([
      ...five.map((name) => `leash.${name}`),
      ...five.map((name) => `leash/${name}`),
    ])
  })

  it('LEASH-26, LEASH-27: gets the use of a secret, uses it, and never sees it', async () => {
    const asked = await call('leash/request_secret', { category: 'api_key', purpose: 'to test' })
    expect(asked.structuredContent).toMatchObject({ status: 'granted', exposure: 'use' })
    const { handle, uses } = asked.structuredContent
    const url = `${uses[0].url}/repos/acme?x=1`
    const done = await call('leash.execute_action', { handle, method: 'GET', url })
    expect(done.structuredContent).toMatchObject({ status: 'executed', http_status: 200 })
    expect(JSON.parse(done.structuredContent.body).url).toBe('/repos/acme?x=1')
    expect(JSON.stringify([asked, done])).not.toContain(KEY)
    expect(leash.upstream.got.length).toBeGreaterThan(0)
  })

  it('is told a refusal by our word, as a tool error that a model reads', async () => {
    const asked = await call('leash/request_secret', { identifier: 'nothing-of-that-name' })
    expect(asked.isError).toBe(true)
    expect(asked.structuredContent).toMatchObject({ code: 'not_found', next: 'mend' })
    expect(JSON.parse(asked.content[0]?.text ?? '')).toEqual(asked.structuredContent)
  })
})
