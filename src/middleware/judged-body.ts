import { createHash } from 'node:crypto'
import type { JudgedBody } from '../admission/ports.ts'
import { JUDGED_BODY_BYTES_MAX } from '../domain/limits.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'

/**
 * Reads a copy of the body, so that the handler still finds it, at most JUDGED_BODY_BYTES_MAX.
 * Refusals: `too_large`, `malformed` when it is not UTF-8.
 */
export async function readJudgedBody(request: Request): Promise<Result<JudgedBody>> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of request.clone().body ?? []) {
    bytes += chunk.byteLength
    if (bytes > JUDGED_BODY_BYTES_MAX) return refuse('too_large', { max: JUDGED_BODY_BYTES_MAX })
    chunks.push(chunk)
  }
  return judgedBodyOf(Buffer.concat(chunks), request.headers.get('content-type') ?? '')
}

/** A body that was read whole, as admission wants it. */
export function judgedBodyOf(body: Uint8Array, contentType: string): Result<JudgedBody> {
  const digest = createHash('sha256').update(body).digest('base64url')
  const mediaType = (contentType.split(';')[0] ?? '').trim().toLowerCase()
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
    return accept({ media_type: mediaType, bytes: body.byteLength, text, digest })
  } catch {
    return refuse('malformed', { body: 'not UTF-8' })
  }
}
