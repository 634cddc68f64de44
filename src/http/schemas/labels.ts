import { z } from '@hono/zod-openapi'
import { type Labels, parseLabels, parseLabelText } from '../../domain/labels.ts'
import {
  LABEL_KEY_CHARACTERS_MAX,
  LABEL_VALUE_CHARACTERS_MAX,
  LABELS_MAX,
} from '../../domain/limits.ts'
import { readAs, textAs } from '../../listener/read-as.ts'

const LABELS = {
  type: 'object',
  additionalProperties: { type: 'string', maxLength: LABEL_VALUE_CHARACTERS_MAX },
  maxProperties: LABELS_MAX,
  example: { project: 'apollo' },
} as const

/** Labels as they come in. */
export const labelsIn = readAs(parseLabels).openapi({
  ...LABELS,
  description: 'What the tree is labelled with, for good. No authority.',
})

/** Labels as they go out. */
export const labelsOut = z.custom<Labels>().openapi('Labels', {
  ...LABELS,
  description: 'What the tree is labelled with; empty when with nothing.',
})

/** One label as one text. */
export const labelText = textAs(parseLabelText, 'This is no label, which is key=value.').openapi({
  type: 'string',
  maxLength: LABEL_KEY_CHARACTERS_MAX + 1 + LABEL_VALUE_CHARACTERS_MAX,
  example: 'project=apollo',
})
