import { describe, expect, it } from 'vitest'
import { REFUSALS } from '../../src/domain/refusal.ts'
import { buildDocument } from '../../src/http/document.ts'
import { documentPage } from '../../src/http/document-page.ts'
import { OTHER_FACES } from '../../src/http/other-faces.ts'
import { OPEN_ROUTES } from '../../src/http/public.ts'
import { ROUTES } from '../../src/http/route-table.ts'
import { problemOut } from '../../src/http/schemas/problem.ts'

type Content = Readonly<Record<string, { example?: unknown; examples?: Record<string, unknown> }>>
interface Operation {
  readonly summary?: string
  readonly description?: string
  readonly requestBody?: { readonly content?: Content }
  readonly responses: Readonly<
    Record<string, { readonly description?: string; readonly content?: Content }>
  >
}

const document = buildDocument(ROUTES, OPEN_ROUTES)
const operations = Object.entries(document.paths ?? {}).flatMap(([path, item]) => {
  return Object.entries(item as Readonly<Record<string, Operation>>).map(([method, operation]) => {
    return [`${method.toUpperCase()} ${path}`, operation] as const
  })
})

/** What judges the examples is not the document, which they are made from, but the code. */
const judges = new Map([
  ...ROUTES.map(({ method, path, endpoint: { body, answer } }) => {
    return [`${method} ${path}`, { body, answer }] as const
  }),
  ...OPEN_ROUTES.map(({ path, answer }) => [`GET ${path}`, { body: undefined, answer }] as const),
  ...OTHER_FACES.map(({ method, path, form, json, answer }) => {
    return [`${method.toUpperCase()} ${path}`, { body: form ?? json, answer }] as const
  }),
])

function examplesIn(content: Content = {}): readonly unknown[] {
  return Object.entries(content).map(([, media]) => media.example)
}

const problems = document.components?.examples ?? {}

describe.each(operations)('the examples of %s', (name, operation) => {
  const { requestBody, responses } = operation
  const judge = judges.get(name)

  it('has one of its body that its schema takes', () => {
    const bodies = examplesIn(requestBody?.content)
    expect(bodies).toHaveLength(judge?.body === undefined ? 0 : 1)
    for (const body of bodies) expect(judge?.body?.safeParse(body).error?.issues).toBeUndefined()
  })

  it('has one of its answer that its schema takes', () => {
    const answers = examplesIn(responses[200]?.content ?? responses[201]?.content)
    expect(answers).toHaveLength(responses[204] || !judge?.answer ? 0 : 1)
    for (const answer of answers) {
      expect(answer).not.toBeUndefined()
      expect(judge?.answer?.safeParse(answer).error?.issues).toBeUndefined()
    }
  })

  it('refers to one of a refusal, if it can refuse', () => {
    const refusing = Object.entries(responses).filter(([status]) => Number(status) >= 400)
    const shown = refusing
      .flatMap(([, { content = {} }]) => Object.values(content))
      .filter(({ example, examples }) => example !== undefined || examples !== undefined)
    expect(shown).toHaveLength(refusing.length > 0 ? 1 : 0)
  })

  it('says in a sentence what happens, and names what it may refuse', () => {
    const { summary = '', description = '' } = operation
    expect(summary).not.toBe('')
    const [happens = '', refuses = ''] = description.split(' Refusals: ')
    expect(happens.replace(/ ?For: .*$/, '')).toMatch(/^[A-Z].{20,}/s)
    const told = Object.entries(responses)
      .filter(([, { content = {} }]) => 'application/problem+json' in content)
      .flatMap(([, response]) => response.description?.match(/`[a-z_]+`/g) ?? [])
    expect(told.filter((code) => !refuses.includes(code))).toEqual([])
  })
})

describe('the examples of refusals', () => {
  it.each(Object.entries(problems))('%s is a problem document', (code, example) => {
    const { value } = example as { readonly value: unknown }
    expect(problemOut.parse(value).code).toBe(code)
  })

  it('there is one of every refusal', () => {
    expect(Object.keys(problems)).toEqual([...REFUSALS.keys()])
  })
})

describe('the page for people', () => {
  const page = documentPage(document)

  it('shows every example, closed and without a script', () => {
    expect(page.split('<summary>example</summary>')).toHaveLength(examplesShown() + 1)
    expect(page).not.toContain('<script')
  })

  it('leads only to what is on it', () => {
    const ids = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))
    const links = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id)
    expect(links.filter((id) => !ids.has(id))).toEqual([])
  })
})

function examplesShown(): number {
  const own = operations.flatMap(([, { requestBody, responses }]) => {
    const answers = Object.values(responses).flatMap(({ content }) => examplesIn(content))
    return [...examplesIn(requestBody?.content), ...answers].filter((it) => it !== undefined)
  })
  return own.length + Object.keys(problems).length
}
