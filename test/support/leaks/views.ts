import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import type { Place } from './spellings.ts'

/** How somebody who got something would try to read it. */
const READINGS: Readonly<Record<string, (text: string) => string>> = {
  'without white space': (text) => text.replaceAll(/\\[rn]|\s/g, ''),
  'escapes of JSON': (text) => text.replaceAll(/\\+u([0-9a-f]{4})/gi, fromHex),
  'escapes of URLs': (text) => text.replaceAll(/%([0-9a-f]{2})/gi, fromHex),
  'escapes of URLs, twice': (text) => text.replaceAll(/%25([0-9a-f]{2})/gi, fromHex),
  entities: (text) => text.replaceAll(/&#(\d+);/g, (_all, code) => String.fromCharCode(code)),
  'hexadecimal entities': (text) => text.replaceAll(/&#x([0-9a-f]+);/gi, fromHex),
}

/** The same bytes as they are, and in each way of reading them. */
export function viewsOf({ name, bytes }: Place): readonly Place[] {
  const text = bytes.toString('latin1')
  const read = Object.entries(READINGS).map(([how, reading]) => ({
    name: `${name}, ${how}`,
    bytes: Buffer.from(reading(text), 'latin1'),
  }))
  return [{ name, bytes }, ...read]
}

/** The same in small letters, for what was told in capitals. */
export function inSmallLetters({ name, bytes }: Place): Place {
  return { name: `${name}, in small letters`, bytes: Buffer.from(String(bytes).toLowerCase()) }
}

/** What was compressed, where it was. */
export function unpacked(bytes: Buffer): Buffer {
  for (const unpack of [gunzipSync, brotliDecompressSync]) {
    try {
      return unpack(bytes)
    } catch {}
  }
  return bytes
}

function fromHex(_all: string, code: string): string {
  return String.fromCharCode(Number.parseInt(code, 16))
}
