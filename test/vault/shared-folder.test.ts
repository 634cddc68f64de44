import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { KeyThumbprint } from '../../src/domain/ids.ts'
import { at, eachInItsFolder, open, PURPOSES, passes } from '../token/keyring-folder.ts'

const SCRIPT = fileURLToPath(new URL('./rotating-process.ts', import.meta.url))

/** Starts a process that rotates so many times; its lines are the kids it was given. */
function rotating(rotations: number) {
  const words = ['--import', 'tsx', SCRIPT, at.keysDir, String(rotations)]
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  const kids: string[] = []
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    kids.push(...text.split('\n').filter((kid) => kid !== ''))
  })
  return { child, kids, ended: once(child, 'close') }
}

describe('several processes on one folder', () => {
  eachInItsFolder()

  test('starting and rotating at once lose no key and share the active one', async () => {
    const processes = Array.from({ length: 3 }, () => rotating(5))
    await Promise.all(processes.map(({ ended }) => ended))
    const kids = processes.flatMap((process) => process.kids)
    expect(new Set(kids).size).toBe(15)
    const ring = await open()
    for (const kid of kids) expect(ring.verification(kid as KeyThumbprint)?.kid).toBe(kid)
    expect(ring.list()).toHaveLength(15 + PURPOSES.length)
    expect(ring.list().filter(({ state }) => state === 'active')).toHaveLength(PURPOSES.length)
    expect(readdirSync(at.keysDir)).toEqual(['keyring.json'])
  })

  test('killed at any moment, they leave a ring that opens with all they were given', async () => {
    await open()
    for (const life of [0, 5, 11]) {
      const { child, kids, ended } = rotating(10_000)
      await once(child.stdout, 'data')
      await new Promise((resolve) => setTimeout(resolve, life))
      child.kill('SIGKILL')
      await ended
      rmSync(join(at.keysDir, 'keyring.lock'), { force: true })
      const ring = await open()
      const whole = kids.filter((kid) => kid.length === 43)
      expect(whole.length).toBeGreaterThan(0)
      for (const kid of whole) expect(ring.verification(kid as KeyThumbprint)?.kid).toBe(kid)
      for (const purpose of PURPOSES) expect(ring.active(purpose).purpose).toBe(purpose)
      passes(1)
    }
  })
})
