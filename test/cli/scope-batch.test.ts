import { describe, expect, test } from 'vitest'
import { judgeLine, judgeLines } from '../../src/cli/scope-batch.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

/** Runs the lines as they arrive in these chunks. */
async function answered(chunks: readonly Uint8Array[]): Promise<readonly object[]> {
  let text = ''
  async function* input() {
    yield* chunks
  }
  await judgeLines(input(), {
    raw: async (piece) => {
      text += piece
    },
  })
  return text === ''
    ? []
    : text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
}

describe('lines', () => {
  const whole = bytes('{"id":1}\n{"id":"é"}\r\n{"id":3}')
  const ids = [1, 'é', 3]

  test('are the same wherever the stream is cut', async () => {
    for (let cut = 0; cut <= whole.length; cut += 1) {
      const answers = await answered([whole.subarray(0, cut), whole.subarray(cut)])
      expect(answers.map((answer) => (answer as { id: unknown }).id)).toEqual(ids)
    }
  })

  test('of no input are none, and a last newline starts no line', async () => {
    expect(await answered([])).toEqual([])
    expect(await answered([bytes('{"id":1}\n')])).toHaveLength(1)
  })

  test('that are too long are answered and skipped, and the next is read again', async () => {
    const long = bytes('x'.repeat(700_000))
    const answers = await answered([long, long, long, bytes('\n{"id":2}\n')])
    expect(answers).toMatchObject([{ id: null, detail: 'A line is at most 1 MiB.' }, { id: 2 }])
  })

  test('wait for a slow reader', async () => {
    let waiting = 0
    let most = 0
    async function* input() {
      for (let line = 0; line < 20_000; line += 1) {
        most = Math.max(most, waiting)
        yield bytes('{"id":1}\n')
      }
    }
    await judgeLines(input(), {
      raw: async () => {
        waiting += 1
        await new Promise((resolve) => setImmediate(resolve))
        waiting -= 1
      },
    })
    expect(most).toBe(0)
  })
})

describe('one line', () => {
  test('that is not UTF-8 is malformed', () => {
    expect(judgeLine(Uint8Array.of(0x7b, 0xff, 0x7d))).toMatchObject({
      id: null,
      error: 'malformed',
    })
  })

  test('keeps its id when only its documents are refused by the reader', () => {
    expect(judgeLine(bytes('{"id":"x","child":1e999,"parent":{}}'))).toMatchObject({
      id: 'x',
      error: 'malformed',
      pointer: '',
      detail: expect.stringMatching(/^the child: /),
    })
  })

  test.each(['{"id":1,"id":2,"child":{},"parent":{}}', '{"id":1e999,"child":{},"parent":{}}'])(
    'whose id is not one value is answered without: %s',
    (line) => {
      expect(judgeLine(bytes(line))).toMatchObject({ id: null, error: 'malformed' })
    },
  )

  test.each(['{"id":1,"child":{},"parent":{},"scope":{}}', '{"id":1,"child":{},"request":{}}'])(
    'with other members than its kind has is malformed: %s',
    (line) => {
      expect(judgeLine(bytes(line))).toMatchObject({ id: 1, error: 'malformed', pointer: '' })
    },
  )
})
