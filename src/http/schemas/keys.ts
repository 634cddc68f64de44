import { z } from '@hono/zod-openapi'
import { parseKeyThumbprint } from '../../domain/ids.ts'
import { textAs } from '../../listener/read-as.ts'
import { reasonText } from '../../listener/words.ts'
import { thumbprintOut, timeOut } from './common.ts'

const purpose = z.enum(['token', 'receipt', 'checkpoint', 'feed', 'event', 'status', 'leash'])

export const rotateKeyBody = z.strictObject({ purpose }).openapi('RotateKey')

export const keyParams = z.strictObject({
  kid: textAs(parseKeyThumbprint, 'This is no key id.').openapi({
    type: 'string',
    pattern: '^[A-Za-z0-9_-]{43}$',
  }),
})

export const retireKeyBody = z.strictObject({ reason: reasonText }).openapi('RetireKey')

export const keyOut = z
  .strictObject({
    kid: thumbprintOut,
    purpose,
    alg: z.enum(['EdDSA', 'Ed25519']),
    state: z.enum(['active', 'retiring', 'retired', 'revoked']),
    created_at: timeOut,
    verifies_until: timeOut
      .nullable()
      .openapi({ description: 'From then on it verifies no token; null while it is active.' }),
  })
  .openapi('Key')

export const keyListOut = z
  .strictObject({ items: z.array(keyOut), cursor: z.null() })
  .openapi('KeyList')
