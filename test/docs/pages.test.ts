import { describe } from 'vitest'
import { walkEach } from './walk-each.ts'

describe('documents about one part', () => {
  walkEach(/^(docs\/(?!guides\/)|deploy\/)/)
})
