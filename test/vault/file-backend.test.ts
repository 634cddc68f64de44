import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Credential } from '../../src/domain/credential.ts'
import { CREDENTIAL_FIELD_BYTES_MAX } from '../../src/domain/limits.ts'
import { seal } from '../../src/vault/envelope.ts'
import { fileBackend, fileLabel } from '../../src/vault/file-backend.ts'
import { testCredential, testMaster, testVersion } from '../support/credentials.ts'
import { freshFolder } from '../support/pki.ts'

const folder = freshFolder()
const master = testMaster()
const backend = fileBackend(folder, master)
const CUSTOM = { kind: 'custom', placement: { in: 'none' } } as const

function put(name: string, text: string, mode = 0o600): string {
  writeFileSync(join(folder, name), text)
  chmodSync(join(folder, name), mode)
  return name
}

async function told(reference: string, change: Partial<Credential> = {}): Promise<unknown> {
  const credential = testCredential({ backend: 'file', ...change })
  const found = await backend.open(credential, testVersion(credential, { reference }))
  if (!found.ok) return found.reason
  const texts = Object.entries(found.fields).map(([name, secret]) => [name, secret.use(String)])
  return Object.fromEntries(texts)
}

describe('CDP-35: secrets in files', () => {
  it('as TOML, as JSON, and as the whole file', async () => {
    put('stripe.toml', 'value = "one"\nlive = "two"\n')
    put('stripe.json', '{"value":"three","live":"four"}')
    put('plain', 'five\n')
    expect(await told('stripe.toml')).toEqual({ value: 'one' })
    expect(await told('stripe.toml#live')).toEqual({ value: 'two' })
    expect(await told('stripe.json#live')).toEqual({ value: 'four' })
    expect(await told('stripe.json', CUSTOM)).toEqual({ value: 'three', live: 'four' })
    expect(await told('plain')).toEqual({ value: 'five' })
  })

  it('sealed under the master key, and only under the name they were sealed for', async () => {
    const sealed = seal(master, fileLabel('db.json.sealed'), '{"value":"six"}')
    put('db.json.sealed', `${sealed}\n`)
    put('moved.json.sealed', sealed)
    put('strange.sealed', seal(testMaster(), fileLabel('strange.sealed'), 'x'))
    expect(await told('db.json.sealed')).toEqual({ value: 'six' })
    expect(await told('moved.json.sealed')).toBe('file_unreadable')
    expect(await told('strange.sealed')).toBe('file_unreadable')
  })

  it('are read at each use', async () => {
    put('turning', 'old')
    expect(await told('turning')).toEqual({ value: 'old' })
    put('turning', 'new')
    expect(await told('turning')).toEqual({ value: 'new' })
  })

  it('as platforms mount them, through links of their own', async () => {
    mkdirSync(join(folder, '..2026'))
    put('..2026/key', 'mounted')
    symlinkSync(join(folder, '..2026/key'), join(folder, 'key'))
    expect(await told('key')).toEqual({ value: 'mounted' })
  })
})

describe('LEASH-38: a file that does not give the secret', () => {
  it.each([
    ['is missing', () => 'nowhere', 'file_unreadable'],
    ['is open to others', () => put('open', 'x', 0o644), 'file_unreadable'],
    [
      'is too large',
      () => put('large', 'x'.repeat(4 * CREDENTIAL_FIELD_BYTES_MAX + 1)),
      'file_unreadable',
    ],
    ['is a folder', () => '..2026', 'file_unreadable'],
    ['is no TOML', () => put('bad.toml', 'value = "canary'), 'unfit'],
    ['is no JSON', () => put('bad.json', '{"value":"a","value":"b"}'), 'unfit'],
    ['has no such part', () => `${put('part.toml', 'a = "x"')}#b`, 'unfit'],
    ['has a number there', () => put('number.toml', 'value = 7'), 'unfit'],
    ['has no parts at all', () => `${put('whole', 'x')}#part`, 'unfit'],
  ])('%s', async (_name, make, reason) => {
    expect(await told(make())).toBe(reason)
  })
})
