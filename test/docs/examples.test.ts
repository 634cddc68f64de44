import { describe } from 'vitest'
import { walkEach } from './walk-each.ts'

describe('examples', () => {
  walkEach(/^examples\//)
})
