import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { type RequestOptions, request } from 'node:https'
import { readJson } from '../../domain/json.ts'
import { ISSUER_KEYS_BYTES_MAX, ISSUER_KEYS_TIMEOUT_MS } from '../../domain/limits.ts'
import type { KeysPlace } from './issuers.ts'

/** Fetches the key set of an issuer as JSON; rejects when there is no sound answer. */
export type FetchKeys = () => Promise<unknown>

/**
 * How the keys at a place are fetched. By https alone, from the configured address alone: a
 * redirect is no answer, nor is anything but status 200, a body above ISSUER_KEYS_BYTES_MAX, one
 * that takes longer than ISSUER_KEYS_TIMEOUT_MS in all, or JSON that readers disagree about. A CA
 * file is read at once, so that a wrong name is told at the start.
 */
export function keysFetcher(place: KeysPlace): FetchKeys {
  if (place.kind === 'file') return async () => parse(await readFile(place.path, 'utf8'))
  const ca = place.caFile === undefined ? {} : { ca: readFileSync(place.caFile, 'utf8') }
  return async () => parse(await fetchText(place.url, ca))
}

function parse(text: string): unknown {
  const read = readJson(text)
  if (!read.ok) throw new Error('The key set is not sound JSON.')
  return read.value
}

function fetchText(url: string, tls: RequestOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(ISSUER_KEYS_TIMEOUT_MS)
    const headers = { accept: 'application/json', 'accept-encoding': 'identity' }
    const options: RequestOptions = { ...tls, agent: false, headers, signal, minVersion: 'TLSv1.2' }
    let isAnswered = false
    const asked = request(url, options, (answer) => {
      isAnswered = true
      if (answer.statusCode !== 200) {
        answer.destroy()
        reject(new Error(`The key set was answered with status ${answer.statusCode}.`))
        return
      }
      const chunks: Buffer[] = []
      let bytes = 0
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        chunks.push(chunk)
        if (bytes > ISSUER_KEYS_BYTES_MAX) answer.destroy(new Error('The key set is too large.'))
      })
      answer.on('error', reject)
      answer.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
    })
    asked.on('error', reject)
    // Another protocol in place of an answer (101) is told by nothing else.
    asked.on('close', () => {
      if (!isAnswered) reject(new Error('The key set was not answered.'))
    })
    asked.end()
  })
}
