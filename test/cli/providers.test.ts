import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { PROVIDERS, providerByForm } from '../../src/cli/secrets/providers.ts'
import { isOrigin } from '../../src/domain/credential-checks.ts'

const page = readFileSync(
  new URL('../../docs/subjects/import-and-scan.md', import.meta.url),
  'utf8',
)

describe('the table of providers', () => {
  test('is that of docs/subjects/import-and-scan.md, with a source for each row', () => {
    const table = page.slice(page.indexOf('| | known by |'))
    const rows = [
      ...table.matchAll(/^\| ([^|]+) \| ([^|]*) \| ([^|]*) \| ([^|]*) \| ([^|]+) \|$/gm),
    ]
    const told = rows.map(([, what, , variables, sent, source]) => ({
      what,
      variables: variables?.replaceAll('`', '').split(' ').filter(Boolean),
      sent: /`(https:[^`]+)`/.exec(sent ?? '')?.[1],
      sourced: /^(?:here|\[.+\]\(.+\))$/.test(source ?? ''),
    }))
    expect(told).toEqual(
      PROVIDERS.map(({ what, variables = [], sent }) => ({
        ...{ what, variables: [...variables], sent: sent?.origin, sourced: true },
      })),
    )
  })

  test('sends each to an origin that a credential can have', () => {
    const origins = PROVIDERS.flatMap(({ sent }) => (sent === undefined ? [] : [sent.origin]))
    expect(origins.filter((origin) => !isOrigin(origin))).toEqual([])
  })

  test('takes nothing for another’s: no text of one form is also of one before it', () => {
    expect(providerByForm(`sk-ant-${'aB3'.repeat(10)}`)?.what).toBe('key of Anthropic')
    expect(providerByForm(`sk-or-v1-${'0a'.repeat(32)}`)?.what).toBe('key of OpenRouter')
    expect(providerByForm(`sk-proj-${'aB3'.repeat(10)}`)?.what).toBe('key of OpenAI')
    expect(providerByForm(`sk_live_${'aB3'.repeat(10)}`)?.what).toBe('key of Stripe')
  })
})
