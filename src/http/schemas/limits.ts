import { z } from '@hono/zod-openapi'

export const limitsOut = z
  .strictObject({
    settings: z.array(
      z.strictObject({
        name: z.string().openapi({ example: 'limits.body_bytes_max' }),
        value: z.string(),
        default: z.string().openapi({ description: 'What it would be, had nobody set it.' }),
        purpose: z.string().openapi({
          description: 'What it is for.',
          example: 'largest request body, in bytes',
        }),
      }),
    ),
    limits: z
      .array(
        z.strictObject({
          name: z.string().openapi({ example: 'LEASE_DEPTH_MAX' }),
          value: z.number(),
          subject: z.string().openapi({ description: 'What it bounds.', example: 'core' }),
          unit: z.string().openapi({ description: 'Empty where things are counted.', example: '' }),
          reason: z.string().openapi({ description: 'Why it is this number.' }),
        }),
      )
      .openapi({ description: 'Built in; docs/reference/limits.md has the same.' }),
  })
  .openapi('Limits')
