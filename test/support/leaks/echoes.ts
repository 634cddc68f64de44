import type { ServerResponse } from 'node:http'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import type { Arrived } from './around.ts'

/** What an upstream that hides nothing knows of a request: everything in it, secrets too. */
function everything({ request, body }: Arrived): string {
  const pair = /^Basic (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
  const opened = Buffer.from(pair, 'base64').toString()
  const query = decodeURIComponent(request.url ?? '')
  return [...request.rawHeaders, query, body, opened].join('\n')
}

const hex = (text: string) => Buffer.from(text).toString('hex')
const coded = (text: string, form: (code: number) => string) =>
  [...text].map((one) => form(one.charCodeAt(0))).join('')

/** Ways in which such an upstream tells it all, in its body. */
export const ENCODINGS: Readonly<Record<string, (text: string) => string | Buffer>> = {
  plain: (text) => text,
  upper: (text) => text.toUpperCase(),
  json: (text) => JSON.stringify({ text }),
  'json-in-json': (text) => JSON.stringify(JSON.stringify({ text })),
  'json-escapes': (text) => coded(text, (code) => `\\u${code.toString(16).padStart(4, '0')}`),
  url: (text) => encodeURIComponent(text),
  'url-twice': (text) => encodeURIComponent(encodeURIComponent(text)),
  percent: (text) => coded(text, (code) => `%${code.toString(16)}`),
  html: (text) => coded(text, (code) => `&#${code};`),
  'html-hex': (text) => coded(text, (code) => `&#x${code.toString(16)};`),
  base64: (text) => Buffer.from(text).toString('base64'),
  'base64-behind-one': (text) => Buffer.from(`a${text}`).toString('base64'),
  'base64-behind-two': (text) => Buffer.from(`ab${text}`).toString('base64'),
  'base64-lines': (text) => Buffer.from(text).toString('base64').replaceAll(/.{76}/g, '$&\r\n'),
  base64url: (text) => Buffer.from(text).toString('base64url'),
  hex,
  'hex-upper': (text) => hex(text).toUpperCase(),
  'hex-dump': (text) => hex(text).replaceAll(/../g, '$& '),
  'utf-16': (text) => Buffer.from(text, 'utf16le'),
}

/** Ways in which it tells it all beside its body, or in a body that is cut, coded or led away. */
const HEADS: Readonly<Record<string, (text: string, response: ServerResponse) => void>> = {
  headers: (text, response) => {
    response.setHeader('x-told', text.split('\n'))
    response.setHeader('set-cookie', `k=${encodeURIComponent(text)}`)
    response.setHeader('etag', `"${Buffer.from(text).toString('base64')}"`)
    response.setHeader('link', `<https://x.test/${encodeURIComponent(text)}>; rel=next`)
    response.end()
  },
  reason: (text, response) => {
    response.writeHead(418, text.replaceAll(/[^\x21-\x7e]/g, ' ').slice(0, 4_000))
    response.end()
  },
  'early-hints': (text, response) => {
    const link = `<https://x.test/${encodeURIComponent(text)}>; rel=preload`
    response.writeEarlyHints({ link })
    response.end('late')
  },
  trailers: (text, response) => {
    response.writeHead(200, { trailer: 'x-told' })
    response.write('body')
    response.addTrailers({ 'x-told': text.replaceAll('\n', ' ') })
    response.end()
  },
  'error-page': (text, response) => {
    response.writeHead(500, { 'content-type': 'text/html' })
    response.end(`<pre>${text}</pre>`)
  },
  gzip: (text, response) => {
    response.setHeader('content-encoding', 'gzip').end(gzipSync(text))
  },
  brotli: (text, response) => {
    response.setHeader('content-encoding', 'br').end(brotliCompressSync(text))
  },
  partial: (text, response) => {
    response.writeHead(206, { 'content-range': 'bytes 0-9/999' })
    response.end(text.slice(0, text.length - 5))
  },
  'byte-by-byte': (text, response) => {
    for (const byte of text) response.write(byte)
    response.end()
  },
  events: (text, response) => {
    response.setHeader('content-type', 'text/event-stream')
    for (const line of text.split('\n')) response.write(`data: ${line}\n\n`)
    response.end()
  },
  'cut-off': (text, response) => {
    response.setHeader('content-length', 99_999)
    response.write(text)
    setTimeout(() => response.destroy(), 50)
  },
}

/** The names of all ways. */
export const WAYS: readonly string[] = [...Object.keys(ENCODINGS), ...Object.keys(HEADS)]

/**
 * Answers `/echo/<way>` with the whole request told in that way, `/away?to=<origin>` with a
 * redirect there that carries it all, and `/guess` with the header `x-guess` and nothing else.
 */
export function tellAll(arrived: Arrived, response: ServerResponse): void {
  const text = everything(arrived)
  const { pathname, searchParams } = new URL(arrived.request.url ?? '/', 'http://upstream.test')
  const way = pathname.slice(pathname.lastIndexOf('/') + 1)
  if (pathname === '/away') {
    const to = `${searchParams.get('to')}/?told=${encodeURIComponent(text)}`
    response.writeHead(307, { location: to, refresh: `0; url=${to}` }).end()
  } else if (pathname === '/guess') {
    response.end(`[${arrived.request.headers['x-guess']}]`)
  } else if (HEADS[way] !== undefined) {
    HEADS[way](text, response)
  } else {
    response.end((ENCODINGS[way] ?? ENCODINGS['plain'])?.(text))
  }
}
