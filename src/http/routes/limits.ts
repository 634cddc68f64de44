import { readLimits } from '../../usecases/read-limits.ts'
import { endpoint } from '../endpoint.ts'
import { limitsOut } from '../schemas/limits.ts'

export const read = endpoint({
  summary: 'The settings and limits this process goes by',
  description: 'Nothing secret is told: of what holds a secret only whether it is set.',
  answer: limitsOut,
  refusals: [],
  act: (world, { caller }) => readLimits(world, caller),
  view: ({ settings, limits }) => ({
    settings: settings.map(({ standard, ...told }) => ({ ...told, default: standard })),
    limits: limits.map((limit) => ({ ...limit })),
  }),
})
