import { describe, expect, it } from 'vitest'
import type { RequestId } from '../../../src/domain/ids.ts'
import { REFUSALS, refuse } from '../../../src/domain/refusal.ts'
import { CDP_CODES, CDP_ERRORS, cdpError } from '../../../src/rpc/cdp/codes.ts'

const REQUEST = 'req_x' as RequestId

describe('the codes of CDP', () => {
  it('CDPX-34: every refusal has one, and says our word beside it', () => {
    expect(Object.keys(CDP_CODES).toSorted()).toEqual([...REFUSALS.keys()].toSorted())
    for (const code of REFUSALS.keys()) {
      const error = cdpError(refuse(code).refusal, REQUEST)
      expect(error.data.code).toBe(code)
      expect(error.code).toBe(CDP_ERRORS[CDP_CODES[code]])
      expect(error.message.startsWith(`${CDP_CODES[code]}: `)).toBe(true)
    }
  })

  it('CDPX-34: are the numbers of the specification, in their order', () => {
    const own = Object.values(CDP_ERRORS).filter((code) => code > -32_100 && code < -32_000)
    expect(own).toEqual(Array.from({ length: 20 }, (_, at) => -32_001 - at))
  })

  it('what is old or was seen is a replay, whatever our word', () => {
    for (const code of ['expired', 'not_yet_valid', 'token_used'] as const) {
      const error = cdpError(refuse(code, { replay: true }).refusal, REQUEST)
      expect([error.code, error.data.code]).toEqual([-32_020, code])
    }
  })
})
