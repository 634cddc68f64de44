import { createHmac } from 'node:crypto'
import type { CheckpointStatement } from '../../src/domain/audit.ts'
import { refuse } from '../../src/domain/refusal.ts'
import { accept } from '../../src/domain/result.ts'
import type { Checkpointer } from '../../src/store/audit/verdict.ts'

/**
 * A checkpointer that keeps the shape of the real one (what is signed can be read, nobody else can
 * sign) without a key ring: `src/token` has its own tests.
 */
export function testCheckpointer(secret = 'checkpoint key'): Checkpointer {
  const mac = (payload: string) => createHmac('sha256', secret).update(payload).digest('base64url')
  return {
    async sign(statement) {
      const payload = Buffer.from(JSON.stringify(statement)).toString('base64url')
      return `${payload}.${mac(payload)}`
    },
    async verify(jws) {
      const [payload = '', signature] = jws.split('.')
      if (signature !== mac(payload)) return refuse('signature_invalid')
      const text = Buffer.from(payload, 'base64url').toString('utf8')
      return accept(JSON.parse(text) as CheckpointStatement)
    },
  }
}
