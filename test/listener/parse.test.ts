import { z } from '@hono/zod-openapi'
import { describe, expect, it } from 'vitest'
import { parseWith } from '../../src/listener/parse.ts'

/** What somebody may paste where a name belongs. */
const SECRET = ['sk', 'live', '4eC39HqLyjWDarjtT1zdp7dc'].join('_')

const order = z.strictObject({ name: z.string(), count: z.int(), kinds: z.array(z.string()) })

function details(value: unknown): unknown {
  const read = parseWith(order, value, 'malformed')
  if (read.ok) return 'accepted'
  return read.refusal.reasons?.map(({ pointer, detail }) => `${pointer} ${detail}`)
}

describe('what does not fit a schema is told in words of our own', () => {
  const good = { name: 'a', count: 1, kinds: [] }

  it.each([
    ['nothing at all', undefined, [' This is missing.']],
    ['null', null, [' This has to be object.']],
    ['a list', [], [' This has to be object.']],
    ['a member that is missing', { name: 'a', count: 1 }, ['/kinds This is missing.']],
    ['a text for a number', { ...good, count: '1' }, ['/count This has to be number.']],
    ['a fraction', { ...good, count: 1.5 }, ['/count This has to be int.']],
    ['a number for a list', { ...good, kinds: 1 }, ['/kinds This has to be array.']],
    ['a member too many', { ...good, more: 1 }, ['/more There is no such member.']],
    ['a member that may be a secret', { ...good, [SECRET]: 1 }, [' There is no such member.']],
    ['what fits', good, 'accepted'],
  ])('%s', (_what, value, expected) => {
    expect(details(value)).toEqual(expected)
  })
})
