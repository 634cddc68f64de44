import { describe, expect, it } from 'vitest'
import { refuse } from '../../src/domain/refusal.ts'
import { accept } from '../../src/domain/result.ts'
import { streamLines } from '../../src/http/lines.ts'

const textOf = (stream: ReadableStream<Uint8Array>) => new Response(stream).text()

describe('an answer in lines', () => {
  it('is every line in its order', async () => {
    const stream = streamLines(async (write) => {
      for (const line of ['a\n', 'b\n', 'c\n']) await write(line)
      return accept(3)
    })
    expect(await textOf(stream)).toBe('a\nb\nc\n')
  })

  it('breaks off when it is refused on the way: half an answer is no answer', async () => {
    const stream = streamLines(async (write) => {
      await write('a\n')
      return refuse('status_unknown')
    })
    await expect(textOf(stream)).rejects.toBe('status_unknown')
  })

  it('breaks off when something fails on the way', async () => {
    const stream = streamLines(async (write) => {
      await write('a\n')
      throw new Error('the store went away')
    })
    await expect(textOf(stream)).rejects.toThrow('the store went away')
  })

  it('waits for its reader: what nobody reads is not produced', async () => {
    let produced = 0
    const stream = streamLines(async (write) => {
      for (; produced < 1_000; produced += 1) await write('x\n')
      return accept(produced)
    })
    await new Promise((resolve) => {
      setTimeout(resolve, 20)
    })
    expect(produced).toBeLessThan(5)
    await stream.cancel()
  })
})
