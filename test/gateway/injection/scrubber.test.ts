import { describe, expect, it } from 'vitest'
import { SPELLED_BYTES_PER_UNIT_MAX } from '../../../src/domain/limits.ts'
import { Scrubber } from '../../../src/gateway/injection/scrubber.ts'

const SECRET = 'sk_live_4eC39HqLyjWD+/rjt"T1&zdp7 dc%\\x~'
const STARS = /^\*+$/

const bytes = (text: string) => Buffer.from(text, 'latin1')
const scrub = (text: string | Buffer, secret = SECRET, byLine = false) => {
  const scrubber = new Scrubber(bytes(secret))
  const data = typeof text === 'string' ? bytes(text) : text
  return Buffer.concat([scrubber.push(data, byLine), scrubber.end()]).toString('latin1')
}
const each = (text: string, spell: (byte: number) => string) => [...bytes(text)].map(spell).join('')
const hex = (byte: number) => byte.toString(16).padStart(2, '0')
const coded = (character: string) => hex(character.charCodeAt(0))

/** As `htmlentities` of PHP writes them for HTML 5. */
const NAMES: Readonly<Record<string, string>> = {
  ...{ _: 'lowbar', '+': 'plus', '/': 'sol', '"': 'quot', '&': 'amp', '%': 'percnt' },
  '\\': 'bsol',
}

const spellings: readonly (readonly [string, string])[] = [
  ['as it is', SECRET],
  ['in capitals', SECRET.toUpperCase()],
  ['in JSON', JSON.stringify(SECRET).slice(1, -1)],
  ['in JSON inside JSON', JSON.stringify(JSON.stringify(SECRET)).slice(3, -3)],
  ['in JSON with escaped slashes', JSON.stringify(SECRET).slice(1, -1).replaceAll('/', '\\/')],
  ['in JSON with every character escaped', each(SECRET, (byte) => `\\u00${hex(byte)}`)],
  ['in JSON for HTML', SECRET.replace(/["&\\]/g, (one) => `\\u00${coded(one)}`)],
  ['in a URL', encodeURIComponent(SECRET)],
  ['in a form', new URLSearchParams({ a: SECRET }).toString().slice(2)],
  ['in a URL, every character', each(SECRET, (byte) => `%${hex(byte).toUpperCase()}`)],
  ['in a URL inside a URL', encodeURIComponent(encodeURIComponent(SECRET))],
  ['in HTML', SECRET.replaceAll('&', '&amp;').replaceAll('"', '&quot;')],
  ['in HTML by numbers', each(SECRET, (byte) => `&#${byte};`)],
  ['in HTML by hexadecimal numbers', SECRET.replace(/["&+/]/g, (one) => `&#x${coded(one)};`)],
  ['in hexadecimal', bytes(SECRET).toString('hex')],
  ['in hexadecimal capitals', bytes(SECRET).toString('hex').toUpperCase()],
  ['in hexadecimal with colons', [...bytes(SECRET)].map(hex).join(':')],
  ['in HTML by numbers with zeros', each(SECRET, (byte) => `&#${String(byte).padStart(7, '0')};`)],
  ['in HTML by numbers that nothing ends', each(SECRET, (byte) => `&#${byte}`)],
  ['in HTML by names', SECRET.replace(/[_+/"&%\\]/g, (mark) => `&${NAMES[mark]};`)],
  ['in JSON inside JSON, all', each(SECRET, (byte) => `\\\\u00${hex(byte)}`)],
  ['in a program', each(SECRET, (byte) => `\\u{${hex(byte)}}`)],
  ['in a long escape', each(SECRET, (byte) => `\\U000000${hex(byte)}`)],
  ['in octal', each(SECRET, (byte) => `\\${byte.toString(8).padStart(3, '0')}`)],
  ['in the escapes of old scripts', each(SECRET, (byte) => `%u00${hex(byte)}`)],
  ['in a URL three times', each(SECRET, (byte) => `%2525${hex(byte)}`)],
  ['in UTF-16', Buffer.from(SECRET, 'utf16le').subarray(0, -1).toString('latin1')],
  ['in UTF-32', [...SECRET].join('\0\0\0')],
]

describe('I12: a secret in an answer is masked however it is spelled', () => {
  it.each(spellings)('%s', (_how, spelled) => {
    const told = scrub(`{"a":"x${spelled}y"}`)
    expect(told.length).toBe(spelled.length + 10)
    expect(told.slice(0, 7)).toBe('{"a":"x')
    expect(told.slice(-3)).toBe('y"}')
    expect(told.slice(7, -3)).toMatch(STARS)
  })

  it.each([0, 1, 2, 3, 4, 5])('in base64, %i bytes into what was encoded', (shift) => {
    const plain = Buffer.concat([Buffer.alloc(shift, 'q'), bytes(SECRET), bytes('tail')])
    for (const coding of ['base64', 'base64url'] as const) {
      const told = scrub(`"${plain.toString(coding)}"`)
      const seen = Buffer.from(told.replaceAll('*', 'A'), coding).toString('latin1')
      expect(told).toContain('*'.repeat(Math.floor((SECRET.length * 8) / 6) - 1))
      expect(seen).not.toContain(SECRET.slice(1, 6))
      expect(seen).not.toContain(SECRET.slice(-6, -1))
    }
  })

  it('in base64 with line ends, written out or escaped, and escaped itself', () => {
    const base64 = bytes(`x${SECRET}`).toString('base64')
    const lines = base64.match(/.{1,16}/g) ?? []
    for (const text of [lines.join('\r\n'), lines.join('\\r\\n'), lines.join('\\n')]) {
      expect(scrub(text)).not.toContain(base64.slice(8, 14))
      expect(scrub(text)).toContain('*'.repeat(40))
    }
    expect(scrub(base64.replaceAll('/', '\\/'))).toContain('*'.repeat(40))
    expect(scrub(encodeURIComponent(base64))).toContain('*'.repeat(40))
  })

  it('leaves everything else as it was', () => {
    const odd = `%41%zz\\u0041&amp;&#x41;${'='.repeat(90)}`
    const text = `{"a":"${SECRET.slice(0, -9)}","b":"${odd}"}`
    expect(scrub(text)).toBe(text)
    const noise = Buffer.from(Array.from({ length: 9_000 }, (_, at) => (at * 7_919) % 251))
    expect(scrub(noise)).toBe(noise.toString('latin1'))
  })

  it('several times, back to back', () => {
    expect(scrub(`a${SECRET}${SECRET}b${SECRET}`)).toMatch(/^a\*+b\*+$/)
  })
})

describe('the borders of chunks hide nothing', () => {
  it.each(spellings)('%s, byte by byte', (_how, spelled) => {
    const scrubber = new Scrubber(bytes(SECRET))
    const text = bytes(`before ${spelled} after`)
    const told = [...text].map((byte) => scrubber.push(Buffer.from([byte])).toString('latin1'))
    const whole = told.join('') + scrubber.end().toString('latin1')
    expect(whole).toBe(`before ${'*'.repeat(spelled.length)} after`)
  })

  it('holds back as much for the beginning of a secret as for anything else', () => {
    const held = (text: string) =>
      text.length - new Scrubber(bytes(SECRET)).push(bytes(text)).length
    const usual = held('z'.repeat(9_000))
    expect(usual).toBe(bytes(SECRET).toString('hex').length * SPELLED_BYTES_PER_UNIT_MAX)
    for (const end of [SECRET.slice(0, -1), SECRET.slice(0, 9), 'x'.repeat(9), '\\u0073']) {
      expect(held('y'.repeat(9_000) + end)).toBe(usual)
    }
  })

  it('lets whole lines of a stream of events go on at once', () => {
    const scrubber = new Scrubber(bytes(SECRET))
    expect(scrubber.push(bytes(`data: ${SECRET}\n\ndata: sk`), true).toString()).toBe(
      `data: ${'*'.repeat(SECRET.length)}\n\n`,
    )
    expect(scrubber.push(bytes(`${SECRET.slice(2)}\n`), true).toString()).toBe(
      `data: ${'*'.repeat(SECRET.length)}\n`,
    )
  })
})

describe('a scrubber', () => {
  it('finds a secret in a header', () => {
    const scrubber = new Scrubber(bytes('0123456789abcdef'))
    const pair = Buffer.from('u:0123456789abcdef').toString('base64')
    expect(scrubber.finds('https://a.example/?key=0123456789ABCDEF&x=1')).toBe(true)
    expect(scrubber.finds(`Basic ${pair}`)).toBe(true)
    expect(scrubber.finds('0123456789abcde')).toBe(false)
  })

  it('knows nothing once it forgot', () => {
    const scrubber = new Scrubber(bytes(SECRET))
    scrubber.push(bytes(SECRET))
    scrubber.forget()
    expect(scrubber.finds(SECRET)).toBe(false)
  })

  it('is not slowed by text that could be read in many ways', () => {
    const began = performance.now()
    for (const secret of [
      '\\\\\\\\sixteen-more',
      '\\\\a\\\\asixteen-more',
      '%25%25%25%25%25%25x',
    ]) {
      for (const text of ['\\', '\\\\\\\\a', '%25', '&amp;', '+']) scrub(text.repeat(5_000), secret)
    }
    expect(performance.now() - began).toBeLessThan(3_000)
  })
})
