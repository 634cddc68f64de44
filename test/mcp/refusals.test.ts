import { describe, expect, it } from 'vitest'
import type { RequestId } from '../../src/domain/ids.ts'
import { REFUSALS, refuse } from '../../src/domain/refusal.ts'
import { MCP_REFUSALS, rpcErrorOf } from '../../src/mcp/refusals.ts'
import { refusedAnswer } from '../../src/mcp/tool.ts'

const REQUEST = 'req_AAAAAAAAAAAAAAAAAAAAAA' as RequestId

describe('refusals over MCP', () => {
  it('the mapping knows every word of the table and no other', () => {
    expect(Object.keys(MCP_REFUSALS).toSorted()).toEqual([...REFUSALS.keys()].toSorted())
  })

  it.each([...REFUSALS.keys()])(
    '%s is told by its own word, as tool error and as error',
    (code) => {
      const { refusal } = refuse(code, { secret: 'facts stay behind' })
      const answer = refusedAnswer(refusal, REQUEST)
      expect(answer).toMatchObject({ isError: true, structuredContent: { code } })
      expect(rpcErrorOf(refusal, REQUEST).data.code).toBe(code)
      expect(JSON.stringify(answer)).not.toContain('facts stay behind')
    },
  )
})
