import { z } from '@hono/zod-openapi'

export const limitsOut = z
  .strictObject({
    settings: z.array(
      z.strictObject({
        name: z.string().openapi({ example: 'limits.body_bytes_max' }),
        value: z.string(),
        default: z.string().openapi({ description: 'What it would be, had nobody set it.' }),
      }),
    ),
    limits: z
      .array(z.strictObject({ name: z.string(), value: z.number() }))
      .openapi({ description: 'Built in; see docs/reference/limits.md for the reason of each.' }),
  })
  .openapi('Limits')
