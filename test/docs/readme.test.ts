import { describe } from 'vitest'
import { walkEach } from './walk-each.ts'

describe('the README and what lies beside it', () => {
  walkEach(/^[^/]+\.md$/)
})
