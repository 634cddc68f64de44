import type { HttpContext } from '../listener/context.ts'

/** What a proxy asks: the request line and every header, as they came over the wire. */
export interface Question {
  readonly method: string
  readonly url: string
  /** Every value by lowercase name, in the order they came; two headers are two values. */
  readonly headers: ReadonlyMap<string, readonly string[]>
}

/** The question of a request; nothing is joined, decoded or put in order. */
export function questionOf(c: HttpContext): Question {
  const { method = '', url = '', rawHeaders = [] } = c.env?.incoming ?? {}
  const headers = new Map<string, string[]>()
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase()
    const values = headers.get(name) ?? []
    headers.set(name, values)
    values.push(rawHeaders[index + 1] ?? '')
  }
  return { method, url, headers }
}
