import { describe, expect, it } from 'vitest'
import { documents, rowsIn, textOf } from './documents.ts'

/** How many requirements each system has; a pair is a first and a last number. */
const NUMBERS: readonly (readonly [string, ...(readonly [number, number])[]])[] = [
  ['CDP', [1, 52]],
  ['CDPX', [1, 39], [50, 50]],
  ['LEASH', [1, 50]],
  ['LEASHX', [1, 15]],
  ['KS', [1, 19]],
  ['KSX', [1, 9]],
  ['PROXY', [1, 49]],
  ['CRP', [1, 42]],
  ['CRPX', [1, 24], [30, 41]],
  ['T', [1, 14]],
]
const STATES = new Set(['met', 'partly', 'limit', 'later'])
const QUESTIONS = [40, 41, 42, 43, 44, 45, 46, 47, 48]

const pages = documents.filter(({ path }) => path.startsWith('docs/requirements/'))
const rows = pages.flatMap(({ text }) => rowsIn(text))

describe('the requirements', () => {
  it('each stands once, and no other does', () => {
    const wanted = NUMBERS.flatMap(([system, ...spans]) =>
      spans.flatMap(([first, last]) =>
        Array.from({ length: last - first + 1 }, (_, at) => number(system, first + at)),
      ),
    )
    expect(rows.map(([id]) => id).sort()).toEqual(wanted.sort())
  })

  it('each says whether it is met, and what there is to say', () => {
    const odd = rows.filter(
      ([, state = '', how = '', proof, ...more]) =>
        !STATES.has(state) || how === '' || proof === undefined || more.length > 0,
    )
    expect(odd).toEqual([])
  })

  it('one that is met or partly met names a test by file and title', () => {
    const proof = /^test\/[\w./-]+\.ts "[^"]+"/
    const unproven = rows.filter(
      ([, state, , text = '']) => (state === 'met' || state === 'partly') && !proof.test(text),
    )
    expect(unproven.map(([id]) => id)).toEqual([])
  })

  it('the nine questions for a credential proxy are answered, each with a test or a limit', () => {
    const text = textOf('docs/requirements/proxy.md', '## Nine questions for a credential proxy')
    const answers = text.split(/^### /m).slice(1)
    expect(answers.map((answer) => /^\d\. .*\?/.test(answer))).toEqual(QUESTIONS.map(() => true))
    const silent = QUESTIONS.filter((question, at) => {
      const answer = answers[at] ?? ''
      return !answer.includes(number('PROXY', question)) || !/`test\/[\w./-]+\.ts` "/.test(answer)
    })
    expect(silent).toEqual([])
  })
})

function number(system: string, at: number): string {
  return `${system}-${String(at).padStart(2, '0')}`
}
