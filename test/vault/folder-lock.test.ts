import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { exclusively } from '../../src/vault/folder-lock.ts'

let home: string
let lock: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'writ-lock-'))
  lock = join(home, 'lock')
})
afterEach(() => rmSync(home, { recursive: true }))

function leave(text: string, secondsAgo: number): void {
  writeFileSync(lock, text, { mode: 0o600 })
  const then = new Date(Date.now() - secondsAgo * 1000)
  utimesSync(lock, then, then)
}

describe('work under a lock', () => {
  test('answers what the work answers and leaves nothing behind', async () => {
    expect(await exclusively(lock, () => readdirSync(home))).toEqual(['lock'])
    expect(readdirSync(home)).toEqual([])
  })

  test('that throws lets go of the lock', async () => {
    const failing = exclusively(lock, () => {
      throw new Error('broken')
    })
    await expect(failing).rejects.toThrow('broken')
    expect(readdirSync(home)).toEqual([])
  })

  test('of twenty at once loses no count', async () => {
    const counter = join(home, 'counter')
    writeFileSync(counter, '0')
    await Promise.all(
      Array.from({ length: 20 }, () =>
        exclusively(lock, () => writeFileSync(counter, `${Number(readFileSync(counter)) + 1}`)),
      ),
    )
    expect(readFileSync(counter, 'utf8')).toBe('20')
  })

  test('goes on when a dead process left its lock', async () => {
    leave('dead', 11)
    expect(await exclusively(lock, () => 'done')).toBe('done')
    expect(readdirSync(home)).toEqual([])
  })

  test('by several that find a dead lock is still one at a time', async () => {
    leave('dead', 11)
    let inside = 0
    const work = (): number => {
      inside += 1
      const seen = inside
      inside -= 1
      return seen
    }
    const seen = await Promise.all(Array.from({ length: 8 }, () => exclusively(lock, work)))
    expect(new Set(seen)).toEqual(new Set([1]))
    expect(readdirSync(home)).toEqual([])
  })

  test('waits for a lock that is still young', async () => {
    leave('alive', 8)
    const waiting = exclusively(lock, () => 'done')
    const first = await Promise.race([waiting, new Promise((r) => setTimeout(r, 100, 'waiting'))])
    expect(first).toBe('waiting')
    rmSync(lock)
    expect(await waiting).toBe('done')
  })

  test('does not take away a lock that somebody else holds by now', async () => {
    await exclusively(lock, () => {
      rmSync(lock)
      leave('another', 0)
    })
    expect(readFileSync(lock, 'utf8')).toBe('another')
  })
})
