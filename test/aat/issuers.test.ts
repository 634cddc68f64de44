import { describe, expect, it } from 'vitest'
import { readAatIssuers } from '../../src/aat/issuers.ts'
import { AAT_ISSUER_KEYS_MAX, AAT_ISSUERS_MAX } from '../../src/domain/limits.ts'
import { ISSUER, ISSUER_URI, issuersFile, trustOf, uriOf } from '../support/aat.ts'

describe('the file of issuers', () => {
  const problemOf = (text: string) => {
    const read = readAatIssuers({ name: 'aat.toml', text }, 'acme.example')
    return read.ok ? 'sound' : read.problem
  }
  const changed = (from: string | RegExp, to: string) => problemOf(issuersFile().replace(from, to))

  it('a sound one names issuer, holder and ceiling', () => {
    const trusted = trustOf().issuers.get(ISSUER_URI)
    expect(trusted).toMatchObject({
      uri: 'spiffe://acme.example/issuer/partner',
      owner: 'owner',
      demands: { proofAudience: true, chainAudience: false },
      ceiling: { limits: { max_depth: 3 }, delegation: { allowed: true } },
    })
    expect(trustOf().anchors.map(({ key }) => uriOf({ ...ISSUER, ...key } as never))).toEqual([
      uriOf(ISSUER),
    ])
  })

  it.each([
    ['a key nobody knows', /^name/m, 'nome', 'there is no key nome'],
    ['no owner', /^owner.*$/m, '', 'owner has to be'],
    [
      'a weak key',
      /x = "[^"]*"/,
      'x = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"',
      'not a sound',
    ],
    ['no audience', /audiences = .*/, '', 'name the audiences'],
    ['another kind of grant', /type = "tool"\nserver/, 'type = "http"\nserver', 'no such member'],
    [
      'what no chain can show',
      /limits = /,
      'requires = { approval = true }\n$&',
      'no key requires',
    ],
    ['not TOML', /\[\[issuer\]\]/, '[[issuer', 'this is not TOML'],
  ])('%s is told with its place', (_name, from, to, told) => {
    expect(changed(from, to)).toContain(told)
  })

  it('issuers, names and keys stand once, and are few', () => {
    const file = issuersFile()
    expect(problemOf(file + file)).toContain('stands twice')
    const other = file.replace('"partner"', '"other"').replace(ISSUER_URI, 'https://b.example')
    expect(problemOf(file + other)).toContain('a key belongs to one issuer alone')
    const key = /keys = \[(.*)\]/.exec(file)?.[1] ?? ''
    const keys = Array.from({ length: AAT_ISSUER_KEYS_MAX + 1 }, () => key).join(',')
    expect(changed(/keys = .*/, `keys = [${keys}]`)).toContain(`1 to ${AAT_ISSUER_KEYS_MAX}`)
    const issuers = Array.from({ length: AAT_ISSUERS_MAX + 1 }, () => '[[issuer]]').join('\n')
    expect(problemOf(issuers)).toContain(`at most ${AAT_ISSUERS_MAX}`)
  })
})
