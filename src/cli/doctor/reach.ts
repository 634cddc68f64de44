import { readFileSync } from 'node:fs'
import { get as getPlain } from 'node:http'
import { get as getTls } from 'node:https'
import type { Settings } from '../settings.ts'

const ANSWER_MS = 1_000

/** What the api listener answered, or what kept its answer away. */
type Reached =
  | { readonly status: number; readonly date: string | undefined }
  | { readonly status: undefined; readonly problem: NodeJS.ErrnoException }

/** Asks the api listener for a path, over TLS trusting what the other commands trust. */
export function reach(settings: Settings, path: string): Promise<Reached> {
  const url = new URL(path, settings.apiAddress)
  const signal = AbortSignal.timeout(ANSWER_MS)
  const get = url.protocol === 'https:' ? getTls : getPlain
  return new Promise((resolve) => {
    const ca = trusted(settings.files.ca)
    const request = get(url, { signal, agent: false, ...(ca === undefined ? {} : { ca }) })
    request.once('error', (problem) => resolve({ status: undefined, problem }))
    request.once('response', (response) => {
      response.resume()
      resolve({ status: response.statusCode ?? 0, date: response.headers.date })
    })
  })
}

/** A file that can not be read is told of by the check of certificates. */
function trusted(file: string | undefined): string | undefined {
  try {
    return file === undefined ? undefined : readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
