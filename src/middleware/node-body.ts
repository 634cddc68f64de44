import type { IncomingMessage } from 'node:http'
import { JUDGED_BODY_BYTES_MAX, JUDGED_BODY_TIMEOUT_MS } from '../domain/limits.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'

/**
 * Reads the body of a request on Node whole and puts the very same bytes back, so that a body
 * parser or handler after us reads what was judged. Refusals: `status_unknown` when somebody read
 * from it before, `too_large`, `malformed` for a body that breaks off or takes too long.
 */
export function readAndPutBack(request: IncomingMessage): Promise<Result<Uint8Array>> {
  const { headers } = request
  const framed = headers['content-length'] ?? headers['transfer-encoding']
  if (framed === undefined) return Promise.resolve(accept(new Uint8Array()))
  if (request.readableDidRead || request.readableEnded || request.destroyed) {
    return Promise.resolve(refuse('status_unknown', { body: 'read before it was judged' }))
  }
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const stop = (outcome: Result<Uint8Array>): void => {
      clearTimeout(timer)
      request.off('readable', take).off('error', broke).off('close', broke).off('end', ended)
      resolve(outcome)
    }
    const broke = (): void => stop(refuse('malformed', { body: 'broken off' }))
    const ended = (): void => stop(accept(Buffer.concat(chunks)))
    const timer = setTimeout(
      () => stop(refuse('malformed', { body: 'too slow' })),
      JUDGED_BODY_TIMEOUT_MS,
    )
    const take = (): void => {
      for (let chunk = request.read(); chunk !== null; chunk = request.read()) {
        bytes += chunk.length
        chunks.push(chunk)
        if (bytes > JUDGED_BODY_BYTES_MAX) break
      }
      if (bytes > JUDGED_BODY_BYTES_MAX) {
        stop(refuse('too_large', { bytes }))
        return
      }
      // Put back in this very turn: the stream ends in the next one unless it holds something.
      if (!request.complete || bytes === 0) return
      const whole = Buffer.concat(chunks)
      request.unshift(whole)
      stop(accept(whole))
    }
    request.on('readable', take).on('error', broke).on('close', broke).on('end', ended)
  })
}
