import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { RPC_BATCH_MAX } from '../../src/domain/limits.ts'
import { refuse } from '../../src/domain/refusal.ts'
import { accept } from '../../src/domain/result.ts'
import {
  answerText,
  callMethod,
  methodTable,
  type RpcFace,
  rpcMethod,
} from '../../src/rpc/envelope.ts'

interface Asked {
  readonly calls: string[]
}

const face: RpcFace<Asked> = {
  methods: methodTable<Asked>([
    rpcMethod({
      name: 'say',
      params: z.strictObject({ word: z.string() }),
      run: async ({ calls }, { word }) => {
        calls.push(word)
        return accept({ said: word })
      },
    }),
    rpcMethod({
      name: 'refuse',
      params: z.strictObject({}),
      run: async () => refuse('policy_denied', { rule: 'hidden' }),
    }),
    rpcMethod({
      name: 'break',
      params: z.strictObject({}),
      run: async () => {
        throw new Error('the inside')
      },
    }),
  ]),
  tell: ({ code }) => ({ code: -33000, message: code, data: { code } }),
  fault: () => refuse('fault').refusal,
  again: async ({ calls }) => (calls.length >= 3 ? refuse('rate_limited') : accept(undefined)),
}

async function ask(text: string, calls: string[] = []) {
  const answer = await answerText(face, { calls }, text)
  return answer === undefined ? undefined : JSON.parse(answer)
}

const say = (id: unknown, word = 'hello') =>
  JSON.stringify({ jsonrpc: '2.0', id, method: 'say', params: { word } })

describe('CRP-23: the envelope of JSON-RPC 2.0', () => {
  it.each([[1], ['one'], [null], [0], [-1], [1.5], ['']])(
    'answers under the id it was asked with: %j',
    async (id) => {
      expect(await ask(say(id))).toEqual({ jsonrpc: '2.0', id, result: { said: 'hello' } })
    },
  )

  it('does what a notification says and answers nothing, not even of an error', async () => {
    const calls: string[] = []
    expect(await ask(say(undefined), calls)).toBeUndefined()
    expect(await ask('{"jsonrpc":"2.0","method":"nothing"}', calls)).toBeUndefined()
    expect(await ask('{"jsonrpc":"2.0","method":"refuse"}', calls)).toBeUndefined()
    expect(calls).toEqual(['hello'])
  })

  it.each([
    ['no JSON', '{', -32700],
    ['no text', '', -32700],
    ['something after it', `${say(1)}x`, -32700],
    ['a member twice', '{"jsonrpc":"2.0","id":1,"method":"say","method":"break"}', -32700],
    ['a parameter twice', say(1).replace('{"word"', '{"word":"a","word"'), -32700],
    ['a number that does not survive', say(1).replace('"id":1', '"id":1e400'), -32700],
    ['a byte order mark', `\ufeff${say(1)}`, -32700],
    ['a scalar', '1', -32600],
    ['an empty batch', '[]', -32600],
    ['no version', '{"id":1,"method":"say"}', -32600],
    ['another version', say(1).replace('2.0', '1.0'), -32600],
    ['a number as version', say(1).replace('"2.0"', '2.0'), -32600],
    ['no method', '{"jsonrpc":"2.0","id":1}', -32600],
    ['a number as method', '{"jsonrpc":"2.0","id":1,"method":1}', -32600],
    ['an object as id', '{"jsonrpc":"2.0","id":{},"method":"say"}', -32600],
    ['a boolean as id', '{"jsonrpc":"2.0","id":true,"method":"say"}', -32600],
    ['null as parameters', '{"jsonrpc":"2.0","id":1,"method":"say","params":null}', -32600],
    ['a string as parameters', '{"jsonrpc":"2.0","id":1,"method":"say","params":"x"}', -32600],
    ['an unknown member', '{"jsonrpc":"2.0","id":1,"method":"say","extra":1}', -32600],
    ['an unknown method', '{"jsonrpc":"2.0","id":1,"method":"toString"}', -32601],
    ['another spelling', '{"jsonrpc":"2.0","id":1,"method":"Say","params":{}}', -32601],
    ['parameters by position', '{"jsonrpc":"2.0","id":1,"method":"say","params":["x"]}', -32602],
    ['missing parameters', '{"jsonrpc":"2.0","id":1,"method":"say"}', -32602],
    ['unknown parameters', '{"jsonrpc":"2.0","id":1,"method":"refuse","params":{"x":1}}', -32602],
  ])('%s is an error of the frame', async (_what, text, code) => {
    const calls: string[] = []
    const answer = await ask(text, calls)
    expect(answer).toMatchObject({ jsonrpc: '2.0', error: { code } })
    expect(answer.error.data.code).toMatch(/^(malformed|not_found)$/)
    expect(calls).toEqual([])
  })

  it('an id that can be read goes back with the error, any other is null', async () => {
    expect(await ask('{"jsonrpc":"1.0","id":"a","method":"say"}')).toMatchObject({ id: 'a' })
    expect(await ask('{"jsonrpc":"2.0","id":[],"method":"say"}')).toMatchObject({ id: null })
    expect(await ask('{')).toMatchObject({ id: null })
  })

  it('tells a refusal in the words of the face, and a fault without its inside', async () => {
    const refused = await ask('{"jsonrpc":"2.0","id":1,"method":"refuse"}')
    expect(refused.error).toEqual({
      code: -33000,
      message: 'policy_denied',
      data: { code: 'policy_denied' },
    })
    const broken = await ask('{"jsonrpc":"2.0","id":1,"method":"break"}')
    expect(broken.error.data).toEqual({ code: 'fault' })
    expect(JSON.stringify(broken)).not.toContain('inside')
  })

  it('answers a batch in its order, with nothing for notifications', async () => {
    const calls: string[] = []
    const answers = await ask(`[${say(1, 'a')},${say(undefined, 'b')},1,${say(2, 'c')}]`, calls)
    expect(answers.map(({ id }: { id: unknown }) => id)).toEqual([1, null, 2])
    expect(answers[1].error.code).toBe(-32600)
    expect(calls).toEqual(['a', 'b', 'c'])
    expect(await ask(`[${say(undefined)}]`)).toBeUndefined()
  })

  it('RPC_BATCH_MAX: nothing of a longer batch is done', async () => {
    const calls: string[] = []
    const flood = `[${Array.from({ length: RPC_BATCH_MAX + 1 }, () => say(1)).join(',')}]`
    expect(await ask(flood, calls)).toMatchObject({
      id: null,
      error: { code: -32600, data: { code: 'too_large' } },
    })
    expect(calls).toEqual([])
  })

  it('each call of a batch counts as a request of its own', async () => {
    const calls: string[] = []
    const answers = await ask(`[${say(1)},${say(2)},${say(3)},${say(4)},${say(undefined)}]`, calls)
    expect(answers[3]).toMatchObject({ id: 4, error: { data: { code: 'rate_limited' } } })
    expect(calls).toHaveLength(3)
  })

  it('another transport may bring parameters that are read already', async () => {
    const asked = { calls: [] }
    expect(await callMethod(face, asked, 'say', { word: 'a' })).toEqual({
      ok: true,
      result: { said: 'a' },
    })
    expect(await callMethod(face, asked, 'none', {})).toMatchObject({ error: { code: -32601 } })
    expect(await callMethod(face, asked, 'say', {})).toMatchObject({ error: { code: -32602 } })
  })

  it('two methods of one name are a mistake of ours', () => {
    const method = rpcMethod({ name: 'x', params: z.undefined(), run: async () => accept(1) })
    expect(() => methodTable([method, method])).toThrow('one name')
  })
})
