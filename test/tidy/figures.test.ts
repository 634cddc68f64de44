import { describe, expect, it } from 'vitest'
import { withFigures } from '../../bench/figures.ts'
import { textOf } from './documents.ts'

describe('figures', () => {
  it('those of the document are those of the results, and no hand copied them', () => {
    const page = textOf('docs/operating/performance.md')
    expect(page.match(/<!-- figures: /g)?.length).toBeGreaterThan(3)
    expect(page, 'Run `npm run bench -- --docs`.').toBe(withFigures(page))
  })
})
