import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  createSecretFile,
  openSecretFolder,
  readProvidedSecret,
  readSecretFile,
  replaceSecretFile,
} from '../../src/vault/secret-file.ts'
import { READER } from '../support/cli-process.ts'

const SOURCE = new URL('../../src/vault/secret-file.ts', import.meta.url).href

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'writ-vault-'))
})
afterEach(() => rmSync(home, { recursive: true }))

const modeOf = (path: string): number => statSync(path).mode & 0o777

describe('a folder for secrets', () => {
  test('is made with its parents, closed to others', () => {
    openSecretFolder(join(home, 'a', 'b'))
    expect(modeOf(join(home, 'a', 'b'))).toBe(0o700)
  })

  test('that holds only its README is tightened', () => {
    const folder = join(home, 'keys')
    mkdirSync(folder, { mode: 0o755 })
    writeFileSync(join(folder, 'README.md'), 'x')
    openSecretFolder(folder)
    expect(modeOf(folder)).toBe(0o700)
  })

  for (const mode of [0o701, 0o710, 0o750, 0o755, 0o777, 0o702, 0o704]) {
    test(`that holds secrets and has mode ${mode.toString(8)} is refused`, () => {
      const folder = join(home, 'keys')
      mkdirSync(folder)
      writeFileSync(join(folder, 'master.key'), 'x')
      chmodSync(folder, mode)
      expect(() => openSecretFolder(folder)).toThrow(`Run: chmod 700 ${folder}`)
      expect(modeOf(folder)).toBe(mode)
    })
  }
})

describe('a secret file', () => {
  test('is written 0600 and read back; nothing else stays in the folder', () => {
    const path = join(home, 'secret')
    replaceSecretFile(path, 'first')
    replaceSecretFile(path, 'grüße')
    expect(readSecretFile(path)).toBe('grüße')
    expect(modeOf(path)).toBe(0o600)
    expect(readdirSync(home)).toEqual(['secret'])
  })

  test('that is missing is undefined, not a fault', () => {
    expect(readSecretFile(join(home, 'secret'))).toBeUndefined()
  })

  test('is created once: the second creator leaves it as it is', () => {
    const path = join(home, 'secret')
    expect(createSecretFile(path, 'first')).toBe(true)
    expect(createSecretFile(path, 'second')).toBe(false)
    expect(readFileSync(path, 'utf8')).toBe('first')
    expect(readdirSync(home)).toEqual(['secret'])
  })

  test('that can not be put in place leaves no copy behind', () => {
    mkdirSync(join(home, 'taken', 'inside'), { recursive: true })
    expect(() => replaceSecretFile(join(home, 'taken'), 'x')).toThrow()
    expect(readdirSync(home)).toEqual(['taken'])
  })

  for (const mode of [0o601, 0o602, 0o604, 0o610, 0o620, 0o640, 0o644]) {
    test(`with mode ${mode.toString(8)} is refused`, () => {
      const path = join(home, 'secret')
      replaceSecretFile(path, 'x')
      chmodSync(path, mode)
      expect(() => readSecretFile(path)).toThrow(`Run: chmod 600 ${path}`)
    })
  }

  test('that is a link is refused: it may lead anywhere', () => {
    replaceSecretFile(join(home, 'real'), 'x')
    symlinkSync(join(home, 'real'), join(home, 'secret'))
    expect(() => readSecretFile(join(home, 'secret'))).toThrow('is a link')
  })

  test('that is a pipe is refused, and holds up nobody', () => {
    execFileSync('mkfifo', ['-m', '600', join(home, 'secret')])
    const read = `import {readProvidedSecret} from ${JSON.stringify(SOURCE)}
      try { readProvidedSecret('secret') } catch (error) { console.log(error.message) }`
    const words = ['--import', READER, '--input-type=module', '-e', read]
    const ran = spawnSync(process.execPath, words, { cwd: home, timeout: 20_000 })
    expect(String(ran.stdout)).toBe('secret is not a file.\n')
  })

  test('that is a folder is refused', () => {
    mkdirSync(join(home, 'secret'), { mode: 0o700 })
    expect(() => readSecretFile(join(home, 'secret'))).toThrow('is not a file')
  })
})

describe('a provided secret', () => {
  test('may be a link and readable by a group, as platforms mount it', () => {
    writeFileSync(join(home, 'real'), 'x')
    chmodSync(join(home, 'real'), 0o440)
    symlinkSync(join(home, 'real'), join(home, 'secret'))
    expect(readProvidedSecret(join(home, 'secret'))).toBe('x')
  })

  for (const mode of [0o401, 0o402, 0o404, 0o420]) {
    test(`with mode ${mode.toString(8)} is refused`, () => {
      writeFileSync(join(home, 'secret'), 'x')
      chmodSync(join(home, 'secret'), mode)
      expect(() => readProvidedSecret(join(home, 'secret'))).toThrow('Run: chmod 400')
    })
  }
})
