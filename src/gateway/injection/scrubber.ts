import { beginsEscape, behindLineEnd, escapesAt } from './escapes.ts'
import { forget, type Spelling, spellingsOf } from './spellings.ts'

const MASK = 0x2a
const LINE_END = 0x0a

/**
 * Takes secrets out of what an upstream answers. Each stretch of bytes that spells one (see
 * `spellingsOf`) becomes as many asterisks, so that lengths and the form of the text stay.
 *
 * How much is held back until more has come depends on lengths and line ends alone, never on
 * whether something looks like the beginning of a secret: who can have a guess echoed would read
 * the secret off the delay, letter by letter.
 */
export class Scrubber {
  readonly #spellings: readonly Spelling[]
  readonly #span: number
  readonly #begins = new Uint8Array(256)
  #held: Buffer = Buffer.alloc(0)

  /** `sent`: what was written into the request where that is not the secret as it is. */
  constructor(secret: Uint8Array, sent: readonly Uint8Array[] = []) {
    this.#spellings = [...spellingsOf(secret), ...sent.flatMap(spellingsOf)]
    this.#span = Math.max(0, ...this.#spellings.map(({ span }) => span))
    for (const { one, other, escapes } of this.#spellings) {
      this.#begins[one[0] ?? 0] = 1
      this.#begins[other[0] ?? 0] = 1
      if (!escapes) continue
      for (let byte = 0; byte < 256; byte += 1) if (beginsEscape(byte)) this.#begins[byte] = 1
    }
  }

  /**
   * Takes the next bytes; answers what may go on, which may be nothing. `byLine`: whole lines go on
   * at once, for streams of events; no secret has a line end in it.
   */
  push(chunk: Uint8Array, byLine = false): Buffer {
    const data = Buffer.concat([this.#held, chunk])
    const line = byLine ? data.lastIndexOf(LINE_END) + 1 : 0
    return this.#release(data, Math.max(line, data.length - this.#span))
  }

  /** The last of it. */
  end(): Buffer {
    return this.#release(this.#held, this.#held.length)
  }

  /** Whether a short text, as a header's value, spells a secret anywhere. */
  finds(text: string): boolean {
    const data = Buffer.from(text, 'latin1')
    return data.some((_byte, at) => this.#endOf(data, at) !== -1)
  }

  /** Overwrites what is known of the secrets; nothing may be asked afterwards. */
  forget(): void {
    this.#held.fill(0)
    for (const spelling of this.#spellings) forget(spelling)
  }

  #release(data: Buffer, until: number): Buffer {
    let at = 0
    while (at < until) {
      const end = this.#endOf(data, at)
      if (end === -1) at += 1
      else {
        data.fill(MASK, at, end)
        at = end
      }
    }
    this.#held = data.subarray(at)
    return data.subarray(0, at)
  }

  /** Where the longest spelling that begins at a place ends; -1 when none does. */
  #endOf(data: Uint8Array, at: number): number {
    if (this.#begins[data[at] ?? 0] === 0) return -1
    let end = -1
    for (const spelling of this.#spellings) end = Math.max(end, readSpelling(spelling, data, at))
    return end
  }
}

function readSpelling(spelling: Spelling, data: Uint8Array, from: number): number {
  const limit = Math.min(data.length, from + spelling.span)
  return readOn({ spelling, data, limit, dead: undefined }, 0, from)
}

interface Reading {
  readonly spelling: Spelling
  readonly data: Uint8Array
  readonly limit: number
  /** Where reading on is known to fail, so that many ways to read a text do not multiply. */
  dead: Set<number> | undefined
}

/** Reads the rest of a spelling from its byte `index` on; answers its end, or -1. */
function readOn(reading: Reading, index: number, from: number): number {
  const { spelling, data, limit } = reading
  const { one, other, escapes, skipped } = spelling
  let at = from
  for (let place = index; ; ) {
    if (place === one.length) return at <= limit ? at : -1
    if (at >= limit) return -1
    const byte = data[at] ?? 0
    if (escapes && beginsEscape(byte)) {
      const ways = waysOn(spelling, data, { place, at })
      const last = ways.pop()
      if (last === undefined) return -1
      const end = ways.length === 0 ? -1 : readAny(reading, ways)
      if (end !== -1) return end
      place = last.place
      at = last.at
    } else if (byte === one[place] || byte === other[place]) {
      place += 1
      at += 1
    } else if (place > 0 && skipped.has(byte)) at += 1
    else return -1
  }
}

interface Way {
  readonly place: number
  readonly at: number
}

/** How reading may go on at a byte that may be itself or begin an escape. */
function waysOn({ one, other, skipped }: Spelling, data: Uint8Array, { place, at }: Way): Way[] {
  const fits = (byte: number | undefined) => byte === one[place] || byte === other[place]
  const ways: Way[] = fits(data[at]) ? [{ place: place + 1, at: at + 1 }] : []
  for (const { byte, next } of escapesAt(data, at)) {
    if (fits(byte)) ways.push({ place: place + 1, at: next })
  }
  const behind = place > 0 && skipped.has(LINE_END) ? behindLineEnd(data, at) : at
  if (behind !== at) ways.push({ place, at: behind })
  return ways
}

function readAny(reading: Reading, ways: readonly Way[]): number {
  const dead = reading.dead ?? new Set()
  reading.dead = dead
  for (const { place, at } of ways) {
    const key = at * (reading.spelling.one.length + 1) + place
    if (dead.has(key)) continue
    const end = readOn(reading, place, at)
    if (end !== -1) return end
    dead.add(key)
  }
  return -1
}
