/** One event of a stream (WHATWG HTML §9.2.6): its data, and the id when it has one. */
export interface StreamEvent {
  readonly id: string | undefined
  readonly data: string
}

const DECODER_OPTIONS = { fatal: true, ignoreBOM: true } as const

/**
 * The events of a stream, as they come. Lines end with `\n` or `\r\n`; comments and fields other
 * than `id` and `data` are passed over. Throws when one event is larger than `charactersMax`, or
 * the bytes are not UTF-8: whoever sends that is not to be trusted with more memory.
 */
export async function* readEvents(
  bytes: AsyncIterable<Uint8Array>,
  charactersMax: number,
): AsyncGenerator<StreamEvent> {
  const decoder = new TextDecoder('utf-8', DECODER_OPTIONS)
  let rest = ''
  let id: string | undefined
  let data: string[] = []
  let held = 0
  for await (const chunk of bytes) {
    rest += decoder.decode(chunk, { stream: true })
    const lines = rest.split('\n')
    rest = lines.pop() ?? ''
    for (const raw of lines) {
      const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw
      held += line.length
      if (line === '') {
        if (data.length > 0) yield { id, data: data.join('\n') }
        id = undefined
        data = []
        held = 0
      } else if (line.startsWith('data:')) data.push(valueAfter(line, 5))
      else if (line.startsWith('id:')) id = valueAfter(line, 3)
      if (held > charactersMax) throw new Error('An event of the feed is too large.')
    }
    if (held + rest.length > charactersMax) throw new Error('An event of the feed is too large.')
  }
}

/** One space after the colon belongs to the field, not to its value. */
function valueAfter(line: string, colon: number): string {
  return line.slice(line[colon] === ' ' ? colon + 1 : colon)
}
