import { describe } from 'vitest'
import { walkEach } from './walk-each.ts'

describe('guides', () => {
  walkEach(/^docs\/guides\//)
})
