import { changed, soundPayload, type VectorCase, vector, withPayload } from '../case.ts'
import { jtiFor, NOW } from '../material.ts'

const HEAD = `{"jti":"${jtiFor('call 1')}","iat":${NOW},"nbf":${NOW},"exp":${NOW + 60},`

/** Payloads that lenient JSON readers repair, or read in more than one way. */
export function payloadJsonCases(): readonly VectorCase[] {
  const text = soundPayload()
  const replaced = (from: string, to: string): string => {
    if (!text.includes(from)) throw new Error(`the sound payload has no ${from}`)
    return text.replace(from, to)
  }
  const rows: readonly [string, string | Uint8Array | object][] = [
    ['a duplicate exp', replaced(`"exp":${NOW + 60},`, `"exp":${NOW + 60},"exp":${NOW + 300},`)],
    ['a duplicate exp at the end', `${text.slice(0, -1)},"exp":${NOW + 300}}`],
    ['a duplicate jti at the end', `${text.slice(0, -1)},"jti":"${jtiFor('other')}"}`],
    ['a duplicate aud', replaced('"aud":', '"aud":"https://other.example","aud":')],
    ['a duplicate sub by escape', replaced('"sub":', '"s\\u0075b":"root","sub":')],
    ['a duplicate member in lease', replaced('"lease":{', '"lease":{"id":"x",')],
    ['a duplicate member in the scope', replaced('"methods":', '"methods":["PUT"],"methods":')],
    ['exp as 1e400', replaced(`"exp":${NOW + 60}`, '"exp":1e400')],
    ['exp with an exponent', replaced(`"exp":${NOW + 60}`, '"exp":1.80000006e9')],
    ['exp with a fraction', replaced(`"exp":${NOW + 60}`, `"exp":${NOW + 60}.5`)],
    ['exp with a fraction of nothing', replaced(`"exp":${NOW + 60}`, `"exp":${NOW + 60}.0`)],
    ['exp with a leading zero', replaced(`"exp":${NOW + 60}`, `"exp":0${NOW + 60}`)],
    ['exp beyond the safe integers', replaced(`"exp":${NOW + 60}`, '"exp":9007199254740993')],
    ['exp of twenty digits', replaced(`"exp":${NOW + 60}`, '"exp":18000000600000000000')],
    ['del_depth as 1.0', replaced('"del_depth":1', '"del_depth":1.0')],
    ['del_depth as 1e0', replaced('"del_depth":1', '"del_depth":1e0')],
    ['del_depth as -0', replaced('"del_depth":1', '"del_depth":-0')],
    ['a space after a colon', replaced('"exp":', '"exp": ')],
    ['a space in the scope', replaced('"grants":', '"grants": ')],
    ['a final newline', `${text}\n`],
    ['a leading newline', `\n${text}`],
    ['a comment', replaced('"grants":', '/**/"grants":')],
    ['a trailing comma', `${text.slice(0, -1)},}`],
    ['two objects', `${text}{}`],
    ['an unfinished object', text.slice(0, -1)],
    ['an escaped letter', replaced('owner@', '\\u006fwner@')],
    ['an escaped slash', replaced('spiffe:/', 'spiffe:\\/')],
    ['a lone surrogate', replaced('owner@', '\\ud800@')],
    ['a lone surrogate in the scope', replaced('"search"', '"\\udc00"')],
    ['a lone surrogate in an argument name', replaced('"limit":{', '"\\ud800":{')],
    ['a byte order mark', `\ufeff${text}`],
    ['UTF-16', Buffer.from(text, 'utf16le')],
    ['Latin-1', Buffer.from(text.replace('owner@', 'öwner@'), 'latin1')],
    ['an overlong slash', swappedBytes(text, '/repos', [0xc0, 0xaf])],
    ['a surrogate in UTF-8', swappedBytes(text, '/repos', [0xed, 0xa0, 0x80])],
    ['nothing', ''],
    ['an empty object', '{}'],
    ['a head alone', `${HEAD.slice(0, -1)}}`],
    ['a head with a trailing comma', `${HEAD}}`],
    ['null', 'null'],
    ['a list', [JSON.parse(text)]],
    ['a text', JSON.stringify(text)],
    ['a number', '1'],
    ['nesting without end', `${HEAD}"iss":${'['.repeat(2000)}${']'.repeat(2000)}}`],
    ['the head at the end', reordered()],
    ['the head in another order', `{"iat":${NOW},"jti":"${jtiFor('call 1')}"${tail(text)}`],
  ]
  return rows.map(([name, payload]) => vector(`JSON: ${name}`, withPayload(payload), 'malformed'))
}

function tail(text: string): string {
  return text.slice(text.indexOf(',"nbf"'))
}

function reordered(): object {
  const { jti, iat, nbf, exp, ...rest } = changed({}) as Record<string, unknown>
  return { ...rest, jti, iat, nbf, exp }
}

/** Puts bytes in the place of the first byte of some text. */
function swappedBytes(text: string, at: string, bytes: readonly number[]): Uint8Array {
  const index = text.indexOf(at)
  return Buffer.concat([
    Buffer.from(text.slice(0, index)),
    Buffer.from(bytes),
    Buffer.from(text.slice(index + 1)),
  ])
}
