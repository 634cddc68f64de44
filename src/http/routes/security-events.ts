import { REVOCATION_CHANGES_MAX } from '../../domain/limits.ts'
import { pollEvents } from '../../usecases/revocations/poll-events.ts'
import { endpoint } from '../endpoint.ts'
import { pollBody, pollOut } from '../schemas/security-events.ts'

export const poll = endpoint({
  summary: 'Collect security events, and acknowledge those before',
  description: 'Poll delivery after RFC 8936. See docs/subjects/revocation-feed.md.',
  body: pollBody,
  answer: pollOut,
  refusals: [],
  act: (world, { caller, body }) =>
    pollEvents(world, caller, {
      maxEvents: body.maxEvents ?? REVOCATION_CHANGES_MAX,
      acknowledged: body.ack ?? [],
      failed: Object.keys(body.setErrs ?? {}),
    }),
  view: ({ sets, moreAvailable }) => ({ sets, moreAvailable }),
})
