import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { readBody, requireNoBody } from '../../src/listener/body.ts'
import type { HttpEnv } from '../../src/listener/context.ts'

const MAX = 64
type Sent = NonNullable<RequestInit['body']>
type Read = { value?: unknown; code?: string; reasons?: readonly { pointer: string }[] }

const app = new Hono<HttpEnv>()
app.post('/read', async (c) => {
  const read = await readBody(c, MAX)
  return c.json(read.ok ? { value: read.value.value } : read.refusal)
})
app.post('/none', async (c) => {
  const none = await requireNoBody(c)
  return c.json(none.ok ? {} : none.refusal)
})

const JSON_HEADERS = { 'content-type': 'application/json' }

async function read(body: Sent, headers: Record<string, string> = JSON_HEADERS): Promise<Read> {
  const init = { method: 'POST', body, headers, duplex: 'half' } as const
  return (await (await app.request('/read', init)).json()) as Read
}

describe('reading a body', () => {
  it('reads JSON', async () => {
    expect(await read('{"a":[1,"b",null]}')).toEqual({ value: { a: [1, 'b', null] } })
  })

  const types: readonly [string, boolean][] = [
    ['application/json', true],
    ['APPLICATION/JSON; Charset=UTF-8', true],
    ['application/json;charset="utf-8"', true],
    ['application/json; charset=latin1', false],
    ['application/jsonp', false],
    ['application/problem+json', false],
    ['text/plain', false],
    ['multipart/form-data', false],
    ['application/json, text/plain', false],
    ['application/json; charset=utf-8; charset=utf-16', false],
  ]
  for (const [type, taken] of types) {
    it(`${taken ? 'takes' : 'refuses'} ${type}`, async () => {
      const answer = await read('{}', { 'content-type': type })
      expect(answer).toEqual(taken ? { value: {} } : { code: 'media_type', facts: {}, reasons: [] })
    })
  }

  it('refuses a body without a type, which the framework would hand on as {}', async () => {
    const bytes = new Uint8Array([0x7b, 0x7d])
    expect(await read(bytes, {})).toMatchObject({ code: 'media_type' })
  })

  it('refuses a compressed body', async () => {
    const headers = { ...JSON_HEADERS, 'content-encoding': 'gzip' }
    expect(await read('{}', headers)).toMatchObject({ code: 'media_type' })
  })

  const malformed: readonly [string, Sent, string | undefined][] = [
    ['nothing', '', ''],
    ['half a document', '{', ''],
    ['two documents', '{} {}', ''],
    ['a member twice', '{"a":1,"a":1}', '/a'],
    ['a member twice, once escaped', '{"a":1,"\\u0061":1}', '/a'],
    ['a number that loses its value', '{"n":9007199254740993}', '/n'],
    ['a lone surrogate', '{"a":"\\ud800"}', '/a'],
    ['a byte order mark', '\ufeff{}', ''],
    ['bytes that are not UTF-8', new Uint8Array([0x22, 0xff, 0x22]), ''],
    ['an overlong encoding', new Uint8Array([0x22, 0xc0, 0xaf, 0x22]), ''],
    ['nesting without end', '['.repeat(40) + ']'.repeat(20), undefined],
  ]
  for (const [what, body, pointer] of malformed) {
    it(`refuses ${what} and points at it`, async () => {
      const answer = await read(body)
      expect(answer.code).toBe('malformed')
      expect(answer.reasons).toHaveLength(1)
      if (pointer !== undefined) expect(answer.reasons?.[0]?.pointer).toBe(pointer)
    })
  }

  it('takes exactly the most bytes and refuses one more', async () => {
    const body = (length: number) => `"${'x'.repeat(length - 2)}"`
    expect(await read(body(MAX))).toHaveProperty('value')
    expect(await read(body(MAX + 1))).toMatchObject({ code: 'too_large' })
  })

  it('refuses by the declared length before reading', async () => {
    const headers = { ...JSON_HEADERS, 'content-length': '65' }
    expect(await read('{}', headers)).toMatchObject({ code: 'too_large', facts: { declared: 65 } })
  })

  it('stops reading a stream that does not end', async () => {
    let pulled = 0
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 1
        controller.enqueue(new Uint8Array(16).fill(0x20))
      },
    })
    expect(await read(endless)).toMatchObject({ code: 'too_large' })
    expect(pulled).toBeLessThan(16)
  })

  it('refuses a body where none is expected', async () => {
    const given = await app.request('/none', { method: 'POST', body: 'x' })
    expect(await given.json()).toMatchObject({ code: 'malformed' })
    const none = await app.request('/none', { method: 'POST' })
    expect(await none.json()).toEqual({})
  })
})
