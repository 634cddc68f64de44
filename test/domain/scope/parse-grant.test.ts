import { describe, expect, it } from 'vitest'
import { parseScopeRequest } from '../../../src/domain/scope/parse.ts'
import { documentOf, rowsOf } from './tables.ts'

describe('parseScopeRequest refuses a grant, at the first place that is wrong', () => {
  const refused = rowsOf(`
/grants/0/type | scope {"grants":[{}]} | not http or tool
/grants/0/type | scope {"grants":[{"type":"HTTP"}]} | not http or tool
/grants/0/host | http {"host":"a.example"} | no such member
/grants/0/server | http {"server":"x"} | no such member
/grants/0/paths | tool {"paths":["/"]} | no such member
/grants/0/schemes | http {"schemes":[]} | an empty list is never meant
/grants/0/schemes/0 | http {"schemes":["ftp"]} | not one of https, http
/grants/0/schemes/0 | http {"schemes":["HTTPS"]} | not one of https, http
/grants/0/schemes/1 | http {"schemes":["https","https"]} | is there twice
/grants/0/hosts | http {"hosts":[]} | an empty list is never meant
/grants/0/hosts | http {"hosts":"a.example"} | not a list
/grants/0/hosts | http {"hosts":null} | not a list
/grants/0/hosts/0 | http {"hosts":["*"]} | not a canonical host pattern
/grants/0/hosts/0 | http {"hosts":["A.example"]} | not a canonical host pattern
/grants/0/hosts/0 | http {"hosts":[null]} | not a text
/grants/0/hosts/1 | http {"hosts":["a.example","127.1"]} | not a canonical host pattern
/grants/0/ports | http {"ports":[]} | an empty list is never meant
/grants/0/ports/0 | http {"ports":["443"]} | not an integer
/grants/0/ports/0 | http {"ports":[443.5]} | not an integer
/grants/0/ports/0 | http {"ports":[0]} | not between 1 and 65535
/grants/0/ports/0 | http {"ports":[65536]} | not between 1 and 65535
/grants/0/methods | http {"methods":[]} | an empty list is never meant
/grants/0/methods/0 | http {"methods":["TRACE"]} | not a method that can be granted
/grants/0/methods/0 | http {"methods":["CONNECT"]} | not a method that can be granted
/grants/0/methods/0 | http {"methods":["trace"]} | not a method that can be granted
/grants/0/methods/0 | http {"methods":["*,*"]} | not a method that can be granted
/grants/0/methods/0 | http {"methods":["GET "]} | not a method that can be granted
/grants/0/methods/0 | http {"methods":[""]} | an empty text
/grants/0/paths | http {"paths":[]} | an empty list is never meant
/grants/0/paths/0 | http {"paths":["repos"]} | not a canonical path pattern
/grants/0/paths/0 | http {"paths":["/a/**/b"]} | not a canonical path pattern
/grants/0/paths/0 | http {"paths":["/a/../b"]} | not a canonical path pattern
/grants/0/paths/1 | http {"paths":["/a","/a%2Fb"]} | an encoded slash needs encoded_slash: true in the same grant
/grants/0/paths/0 | http {"paths":["/a%2Fb"],"encoded_slash":false} | an encoded slash needs encoded_slash: true in the same grant
/grants/0/body | http {"body":"some"} | not an object
/grants/0/body | http {"body":{}} | a rule that says nothing is never meant
/grants/0/body/max | http {"body":{"max":1}} | no such member
/grants/0/body/max_bytes | http {"body":{"max_bytes":-1}} | not between 0 and 1048576
/grants/0/body/max_bytes | http {"body":{"max_bytes":1048577}} | not between 0 and 1048576
/grants/0/body/media_types | http {"body":{"media_types":[]}} | an empty list is never meant
/grants/0/body/media_types/0 | http {"body":{"media_types":["JSON"]}} | not a media type in lower case
/grants/0/body/media_types/0 | http {"body":{"media_types":["application/JSON"]}} | not a media type in lower case
/grants/0/body/media_types/0 | http {"body":{"media_types":["text/plain;charset=utf-8"]}} | not a media type in lower case
/grants/0/body/media_types/0 | http {"body":{"media_types":["*/*"]}} | not a media type in lower case
/grants/0/body/forbidden_fields | http {"body":{"forbidden_fields":[]}} | an empty list is never meant
/grants/0/body/forbidden_fields/0 | http {"body":{"forbidden_fields":[1]}} | not a text
/grants/0/body/fields | http {"body":{"fields":null}} | not a map of constraints
/grants/0/private_net | http {"private_net":"false"} | not true or false
/grants/0/private_net | http {"private_net":null} | not true or false
/grants/0/encoded_slash | http {"encoded_slash":1} | not true or false
/grants/0/server | tool {"server":""} | an empty text
/grants/0/server | tool {"server":"https://a example"} | not printable ASCII
/grants/0/tool | tool {"tool":7} | not a text
`)
  it.each(refused)('%s | %s', (pointer = '', cell = '', detail = '') => {
    expect(parseScopeRequest(documentOf(cell))).toEqual({ ok: false, pointer, detail })
  })
})
