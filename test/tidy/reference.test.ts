import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PAGES } from '../../scripts/reference/pages.ts'
import { EXAMPLES } from '../../src/cli/examples.ts'
import { rowsIn, textOf } from './documents.ts'
import { ROOT, sourcesIn } from './sources.ts'

describe('the reference is what the code says', () => {
  it.each(Object.keys(PAGES))('%s is fresh', async (file) => {
    const fresh = await PAGES[file]?.()
    const committed = readFileSync(join(ROOT, file), 'utf8')
    const sentence = `${file} is not what the code says: run npm run reference.`
    expect(committed === fresh, sentence).toBe(true)
  })

  it('every decision tells its facts, and every command its example', () => {
    const decisions = rowsIn(textOf('docs/reference/decisions.md'))
    expect(decisions.filter(([, , facts]) => facts === '')).toEqual([])
    const commands = textOf('docs/reference/commands.md')
    const missing = Object.values(EXAMPLES).filter((it) => !commands.includes(`\`${it}\``))
    expect(missing).toEqual([])
  })

  it('every limit has a reason', () => {
    const told = rowsIn(textOf('docs/reference/limits.md'))
    expect(told.length).toBeGreaterThan(300)
    expect(told.filter(([, , , reason = '']) => reason.length < 10)).toEqual([])
    expect(told.filter(([, , , reason = '']) => /[*/]$/.test(reason))).toEqual([])
  })

  it('every event of the log is told somewhere', () => {
    const told = rowsIn(textOf('docs/reference/log-events.md')).map(([event = '']) => event)
    const sources = sourcesIn('src').filter(({ path }) => path !== 'src/log-events.ts')
    const silent = told.filter((event) => !sources.some(({ text }) => text.includes(`'${event}'`)))
    expect(silent, 'Every event of the table is told somewhere.').toEqual([])
  })

  it('every decision is recorded somewhere', () => {
    const told = rowsIn(textOf('docs/reference/decisions.md')).map(([event = '']) => event)
    const sources = sourcesIn('src').filter(({ path }) => path !== 'src/domain/decisions.ts')
    const silent = told.filter((event) => !sources.some(({ text }) => text.includes(`'${event}'`)))
    expect(silent, 'Every decision of the table is recorded somewhere.').toEqual([])
  })
})
