import { describe, expect, it } from 'vitest'
import * as limits from '../../src/domain/limits.ts'
import { REFUSALS } from '../../src/domain/refusal.ts'
import { sourcesIn, titlesOf } from './sources.ts'

const product = sourcesIn('src', 'migrations')
const tests = sourcesIn('test').filter(({ path }) => !path.startsWith('test/tidy/'))
const invariants = Array.from({ length: 12 }, (_, index) => `I${index + 1}`)

describe('every refusal is real', () => {
  const naming = tests.filter(({ path }) => path !== 'test/domain/refusal.test.ts')
  const telling = product.filter(({ path }) => path !== 'src/domain/refusal.ts')

  it('has a test that names it', () => {
    const missing = [...REFUSALS.keys()].filter((code) => !naming.some(names(code)))
    expect(missing, 'Every refusal has a test that names it.').toEqual([])
  })

  it('is told somewhere', () => {
    const missing = [...REFUSALS.keys()].filter((code) => !telling.some(names(code)))
    expect(missing, 'Every refusal of the table is told somewhere.').toEqual([])
  })
})

describe('every limit is real', () => {
  const bounding = product.filter(({ path }) => !path.startsWith('src/domain/limits'))

  it('bounds something', () => {
    const unused = Object.keys(limits).filter((limit) => !bounding.some(mentions(limit)))
    expect(unused, 'Every limit bounds something in src.').toEqual([])
  })

  it('has a test that mentions it', () => {
    const untested = Object.keys(limits).filter((limit) => !tests.some(mentions(limit)))
    expect(untested, 'Every limit is mentioned in a test.').toEqual([])
  })

  it('has one home', () => {
    const elsewhere = bounding.flatMap(({ path, text }) =>
      [...text.matchAll(/^export const ([A-Z0-9_]+_MAX)\b/gm)].map(
        ([, name]) => `${path}: ${name}`,
      ),
    )
    expect(elsewhere, 'Every shared limit has its home in domain/limits.ts.').toEqual([])
  })
})

describe('every invariant is real', () => {
  const titles = tests.flatMap(titlesOf)

  it.each(invariants)('%s is the law of a test', (invariant) => {
    const law = new RegExp(`\\b${invariant}\\b`)
    const naming = titles.filter((title) => law.test(title))
    expect(naming, `${invariant} appears in the name of a test.`).not.toEqual([])
  })

  it.each(invariants)('%s is cited where it is held', (invariant) => {
    const law = new RegExp(`\\b${invariant}\\b`)
    const citing = product.filter(({ text }) => law.test(text))
    expect(citing, `${invariant} is cited in src.`).not.toEqual([])
  })
})

function names(code: string): (file: { readonly text: string }) => boolean {
  const quoted = new RegExp(`['"\`]${code}['"\`]`)
  return ({ text }) => quoted.test(text)
}

function mentions(word: string): (file: { readonly text: string }) => boolean {
  const whole = new RegExp(`\\b${word}\\b`)
  return ({ text }) => whole.test(text)
}
