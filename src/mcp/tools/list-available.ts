import { z } from 'zod'
import { accept } from '../../domain/result.ts'
import { CREDENTIAL_CATEGORIES } from '../../domain/terms.ts'
import { listCategories } from '../../usecases/credentials/list-categories.ts'
import { leashTool } from '../tool.ts'

/** LEASH-29: the categories of the contract; no value and no identifier. */
export const listAvailable = leashTool({
  name: 'list_available',
  title: 'List the kinds of secrets that may be used',
  description:
    'The categories your contract names, and whether there is anything of each. No names of ' +
    'secrets and no values.',
  annotations: {
    readOnlyHint: true,
    destructiveHint: false,
    idempotentHint: true,
    openWorldHint: false,
  },
  input: z.strictObject({}),
  output: z.strictObject({
    categories: z.array(
      z.strictObject({ category: z.enum(CREDENTIAL_CATEGORIES), available: z.boolean() }),
    ),
  }),
  async run({ serving, caller }) {
    const listed = await listCategories(serving.world, caller)
    if (!listed.ok) return listed
    return accept({ categories: listed.value.map((entry) => ({ ...entry })) })
  },
})
