import type { z } from '@hono/zod-openapi'
import { POLICY_REPLAY_BYTES_MAX } from '../../domain/limits.ts'
import { timeText } from '../../listener/time-text.ts'
import type { PolicyExplanation } from '../../policy/set.ts'
import { explainPolicy, readPolicies } from '../../usecases/policies/policies.ts'
import { replayPolicies } from '../../usecases/replay/replay-policies.ts'
import { endpoint } from '../endpoint.ts'
import {
  explainPolicyBody,
  policiesOut,
  policyExplanationOut,
  policyReplayOut,
  replayPolicyBody,
} from '../schemas/policies.ts'

export const read = endpoint({
  summary: 'The policies this process decides by',
  description: 'Rules with file and line, and what could not be loaded.',
  answer: policiesOut,
  refusals: [],
  act: (world, { caller }) => readPolicies(world, caller),
  view: ({ inForce, problems }) => ({
    version: inForce?.version ?? null,
    loaded_at: inForce === undefined ? null : timeText(inForce.loadedAt),
    rules: (inForce?.rules ?? []).map(({ name, description, mode, place }) => ({
      name,
      description: description ?? null,
      mode,
      ...place,
    })),
    problems: problems.map(({ file, line, reason }) => ({ file, line, reason })),
  }),
})

export const explain = endpoint({
  summary: 'What the policies say of a question, and why',
  description: 'Nothing is decided. What is known of agent and lease is read, the rest is told.',
  body: explainPolicyBody,
  answer: policyExplanationOut,
  refusals: ['not_found', 'contract_expired'],
  act: (world, { caller, body }) => {
    const { agent, asked, lease_id: lease, delegate, credential, address, at } = body
    const { project, workspace, environment } = body
    const context = {
      ...(project === undefined ? {} : { project }),
      ...(workspace === undefined ? {} : { workspace }),
      ...(environment === undefined ? {} : { environment }),
    }
    return explainPolicy(world, caller, {
      agent,
      lease,
      delegate,
      address,
      at,
      context,
      asked: asked.action === 'call' ? { kind: 'call', ...asked } : { kind: 'scope', ...asked },
      ...(credential === undefined ? {} : { credential: credentialOf(credential) }),
    })
  },
  view: explanationView,
})

export const replay = endpoint({
  summary: 'What a candidate set would change of recent decisions',
  description:
    'Holds policies that are not in force against the audit trail. Nothing is decided or recorded.',
  body: replayPolicyBody,
  bodyBytesMax: POLICY_REPLAY_BYTES_MAX,
  answer: policyReplayOut,
  refusals: [],
  deadline: false,
  act: (world, { caller, body: { files, limit } }) =>
    replayPolicies(world, caller, {
      files: Object.entries(files).map(([name, text]) => ({ name, text })),
      limit,
    }),
  view: ({ version, problems, since, changes, examples, unjudged, ...counts }) => ({
    ...counts,
    version: version ?? null,
    problems: problems.map(({ file, line, reason }) => ({ file, line, reason })),
    since: since === undefined ? null : timeText(since),
    changes: [...changes],
    examples: examples.map(({ at, lease, ...rest }) => ({
      ...rest,
      at: timeText(at),
      lease_id: lease,
    })),
    unjudged: [...unjudged],
  }),
})

type CredentialIn = NonNullable<z.output<typeof explainPolicyBody>['credential']>

function credentialOf({ name, category }: CredentialIn) {
  return category === undefined ? { name } : { name, category }
}

/** Where there are no policies, none stands in the way. */
function explanationView(
  told: PolicyExplanation | undefined,
): z.input<typeof policyExplanationOut> {
  if (told === undefined) {
    return { effect: 'allow', rules: [], approvals: 0, beyond: [], version: null, considered: [] }
  }
  const { effect, rules, approvals, beyond } = told.decision
  return {
    effect,
    rules: [...rules],
    approvals,
    beyond: [...beyond],
    version: told.version,
    considered: told.considered.map(({ place, unmet, beyond: over, ...rest }) => ({
      ...rest,
      ...place,
      unmet: [...unmet],
      beyond: [...over],
    })),
  }
}
