import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import { encodeBase64url } from '../token/base64url.ts'
import type { JudgedBody } from './ports.ts'

const UTF8_ONLY = /^(?:utf-8|"utf-8"|us-ascii)$/
const CHARSET = /;\s*charset\s*=\s*("[^"]*"|[^\s;]*)/gi

/**
 * A body whose bytes say something else to the handler than to the judge is not judged: refused
 * `malformed` are codings (RFC 9110 §8.4) and charsets other than UTF-8. Both texts are empty when
 * the header is absent.
 */
export function requireJudgeable(head: {
  readonly contentType: string
  readonly contentEncoding: string
}): Result<void> {
  const { contentType, contentEncoding } = head
  if (contentEncoding !== '' && contentEncoding !== 'identity') {
    return refuse('malformed', { contentEncoding: true }, [
      { pointer: '/body', code: 'malformed', detail: 'A body that is judged comes uncompressed.' },
    ])
  }
  for (const [, charset = ''] of contentType.matchAll(CHARSET)) {
    if (!UTF8_ONLY.test(charset.toLowerCase())) {
      return refuse('malformed', { charset: true }, [
        { pointer: '/body', code: 'malformed', detail: 'A body that is judged comes in UTF-8.' },
      ])
    }
  }
  return accept(undefined)
}

/** A body that was read whole, as admission wants it; `malformed` when it is not UTF-8. */
export async function judgedBodyOf(
  body: Uint8Array,
  contentType: string,
): Promise<Result<JudgedBody>> {
  const sha256 = await globalThis.crypto.subtle.digest('SHA-256', body)
  const digest = encodeBase64url(new Uint8Array(sha256))
  const mediaType = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase()
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
    return accept({ media_type: mediaType, bytes: body.byteLength, text, digest })
  } catch {
    return refuse('malformed', { body: 'not UTF-8' })
  }
}
