import { describe, expect, it } from 'vitest'
import { USAGE_BYTES_MAX } from '../../src/domain/limits.ts'
import { UsageReader } from '../../src/gateway/usage-reader.ts'

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' }
const EVENTS = { 'content-type': 'text/event-stream' }

/** Reads a body in pieces of so many bytes. */
function usageOf(headers: Record<string, string>, text: string, piece = 7) {
  const reader = new UsageReader(headers)
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += piece) reader.read(bytes.subarray(at, at + piece))
  return reader.usage()
}
const events = (...all: readonly (object | string)[]) =>
  all.map((one) => `data: ${typeof one === 'string' ? one : JSON.stringify(one)}\n\n`).join('')

const openai = { usage: { prompt_tokens: 12, completion_tokens: 34, total_tokens: 46 } }
const known = { input: 12, output: 34, cacheWrite: 0 }
const start = { type: 'message_start', message: { usage: { input_tokens: 12, output_tokens: 1 } } }
const delta = { type: 'message_delta', usage: { output_tokens: 34 } }
const stop = { type: 'message_stop' }

describe('what an answer says of its usage', () => {
  it.each([
    ['OpenAI', JSON_TYPE, JSON.stringify({ choices: [{ text: 'ä€😀' }], ...openai })],
    ['Anthropic', JSON_TYPE, JSON.stringify({ usage: { input_tokens: 12, output_tokens: 34 } })],
    ['OpenAI, streamed', EVENTS, events({ usage: null }, openai, '[DONE]')],
    ['Anthropic, streamed', EVENTS, events(start, { type: 'ping' }, delta, stop)],
    [
      'OpenAI responses, streamed',
      EVENTS,
      events({
        type: 'response.completed',
        response: { usage: { input_tokens: 12, output_tokens: 34 } },
      }),
    ],
    ['a stream with other line ends', EVENTS, events(openai, '[DONE]').replaceAll('\n', '\r\n')],
  ])('is read: %s', (_shape, headers, text) => {
    for (const piece of [1, 3, 10_000]) expect(usageOf(headers, text, piece)).toEqual(known)
  })

  it('counts what was read from a cache as input, and what was written to one apart', () => {
    const usage = {
      input_tokens: 2,
      output_tokens: 34,
      cache_read_input_tokens: 10,
      cache_creation_input_tokens: 5,
    }
    expect(usageOf(JSON_TYPE, JSON.stringify({ usage }))).toEqual({ ...known, cacheWrite: 5 })
  })

  it('takes the largest of several, so that no later one lowers it', () => {
    const less = { usage: { prompt_tokens: 1, completion_tokens: 1 } }
    expect(usageOf(EVENTS, events(openai, less, '[DONE]'))).toEqual(known)
  })

  it.each([
    ['no usage', JSON_TYPE, '{"choices":[]}'],
    ['half a usage', JSON_TYPE, '{"usage":{"prompt_tokens":1}}'],
    ['counts that are none', JSON_TYPE, '{"usage":{"prompt_tokens":-1,"completion_tokens":"2"}}'],
    ['what a model says', JSON_TYPE, JSON.stringify({ content: [openai, JSON.stringify(openai)] })],
    [
      'what a model says in a stream',
      EVENTS,
      events({ delta: { text: events(openai) } }, '[DONE]'),
    ],
    ['a document that is cut short', JSON_TYPE, JSON.stringify(openai).slice(0, -1)],
    ['a stream without its end', EVENTS, events(openai)],
    ['a stream that only began', EVENTS, events(start, stop)],
    ['an event that can not be read', EVENTS, events('{"usage":', openai, '[DONE]')],
    ['another type', { 'content-type': 'text/plain' }, JSON.stringify(openai)],
    ['a coded answer', { ...JSON_TYPE, 'content-encoding': 'gzip' }, JSON.stringify(openai)],
  ])('is unknown: %s', (_what, headers, text) => {
    expect(usageOf(headers, text)).toBeUndefined()
  })

  it('copies no more than its limit, of a document or of one line, and then it is unknown', () => {
    const long = 'x'.repeat(USAGE_BYTES_MAX)
    expect(usageOf(JSON_TYPE, JSON.stringify({ long, ...openai }), 65_536)).toBeUndefined()
    expect(usageOf(EVENTS, events({ long }, openai, '[DONE]'), 65_536)).toBeUndefined()
    const lines = Array.from({ length: 40 }, () => ({ long: 'x'.repeat(USAGE_BYTES_MAX / 20) }))
    expect(usageOf(EVENTS, events(...lines, openai, '[DONE]'), 65_536)).toEqual(known)
  })
})
