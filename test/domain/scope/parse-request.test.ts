import { describe, expect, it } from 'vitest'
import { parseRequestToJudge } from '../../../src/domain/scope/parse.ts'
import { documentOf, rowsOf } from './tables.ts'

const deep = (depth: number): unknown => (depth === 0 ? 0 : [deep(depth - 1)])

describe('parseRequestToJudge reads the shape and leaves the target alone', () => {
  const accepted = rowsOf(`
get {}
get {"method":"TRACE","target":""}
get {"body":{"media_type":"","bytes":0,"text":""}}
call {}
call {"arguments":{"a":[1,{"b":null}],"":1e20}}
`)
  it.each(accepted)('%s', (cell = '') => {
    const document = documentOf(cell)
    expect(parseRequestToJudge(document)).toEqual({ ok: true, value: document })
  })

  it('long texts, and arguments as deep as allowed', () => {
    const target = { type: 'http', method: 'GET', target: 'x'.repeat(100_000) }
    expect(parseRequestToJudge(target)).toEqual({ ok: true, value: target })
    const call = {
      type: 'tool',
      server: 's',
      tool: 't',
      arguments: { a: 'x'.repeat(5_000), b: deep(15) },
    }
    expect(parseRequestToJudge(call)).toEqual({ ok: true, value: call })
  })
})

describe('parseRequestToJudge refuses', () => {
  const refused = rowsOf(`
/type | scope {} | not http or tool
/type | get {"type":"grpc"} | not http or tool
/method | scope {"type":"http","target":"x"} | missing
/method | get {"method":"G ET"} | not a method
/method | get {"method":""} | an empty text
/target | scope {"type":"http","method":"GET"} | missing
/target | get {"target":null} | not a text
/headers | get {"headers":{}} | no such member
/arguments | get {"arguments":{}} | no such member
/body | get {"body":null} | not an object
/body/media_type | get {"body":{"bytes":0,"text":""}} | missing
/body/bytes | get {"body":{"media_type":"","text":""}} | missing
/body/text | get {"body":{"media_type":"","bytes":0}} | missing
/body/bytes | get {"body":{"media_type":"","bytes":-1,"text":""}} | not between 0 and 9007199254740991
/body/text | get {"body":{"media_type":"","bytes":1,"text":7}} | not a text
/server | scope {"type":"tool","tool":"t","arguments":{}} | missing
/tool | scope {"type":"tool","server":"s","arguments":{}} | missing
/arguments | scope {"type":"tool","server":"s","tool":"t"} | missing
/arguments | call {"arguments":[]} | not an object
/arguments | call {"arguments":null} | not an object
/arguments/a/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0 | call {"arguments":{"a":[[[[[[[[[[[[[[[[0]]]]]]]]]]]]]]]]}} | nested too deeply
/target | call {"target":"x"} | no such member
`)
  it.each(refused)('%s | %s', (pointer = '', cell = '', detail = '') => {
    expect(parseRequestToJudge(documentOf(cell))).toEqual({ ok: false, pointer, detail })
  })

  it.each([null, [], 'GET /', undefined])('%j, which is no object', (document) => {
    expect(parseRequestToJudge(document)).toEqual({
      ok: false,
      pointer: '',
      detail: 'not a request',
    })
  })

  it.each([
    ['/target', { type: 'http', method: 'GET', target: '\ud800' }, 'not a text'],
    [
      '/arguments/a',
      { type: 'tool', server: 's', tool: 't', arguments: { a: Number.NaN } },
      'not a number',
    ],
    [
      '/arguments/a',
      { type: 'tool', server: 's', tool: 't', arguments: { a: undefined } },
      'not JSON',
    ],
  ])('%s: what JSON can not say', (pointer, document, detail) => {
    expect(parseRequestToJudge(document)).toEqual({ ok: false, pointer, detail })
  })
})
