import type { Result } from '../domain/result.ts'

/** Writes the lines of an answer one after the other; resolves when there is room for more. */
export type Produce = (write: (line: string) => Promise<void>) => Promise<Result<unknown>>

/**
 * An answer that is too long to be held in memory, as a stream. What goes wrong on the way breaks
 * the connection off, so that half an answer can not be taken for a whole one.
 */
export function streamLines(produce: Produce): ReadableStream<Uint8Array> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const writer = writable.getWriter()
  const encoder = new TextEncoder()
  produce((line) => writer.write(encoder.encode(line)))
    .then((result) => (result.ok ? writer.close() : writer.abort(result.refusal.code)))
    .catch((fault) => writer.abort(fault))
    .catch(() => undefined)
  return readable
}
