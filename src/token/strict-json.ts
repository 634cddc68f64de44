const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Well-formed serializers escape a surrogate only when it stands alone (ECMA-262 §25.5.2.3), so
 * such an escape in a round-tripping text is a lone surrogate. The run before it has an even
 * length: escaped backslashes.
 */
const LONE_SURROGATE = /(?<!\\)(?:\\\\)*\\ud/

/** The text of some bytes, or undefined when they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

/**
 * The JSON value of a text, or undefined unless the text is exactly what `JSON.stringify` writes
 * for it. Our issuer writes nothing else. One native pass so refuses duplicate members, white
 * space, odd escapes, `1e400`, `1.0`, `-0`, integers that a double can not hold, and a byte order
 * mark; lone surrogates are refused too.
 */
export function readWrittenJson(text: string): unknown {
  if (text.includes('\\ud') && LONE_SURROGATE.test(text)) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return JSON.stringify(value) === text ? value : undefined
  } catch {
    return undefined
  }
}
