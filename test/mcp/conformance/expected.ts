/** The version of `@modelcontextprotocol/conformance` that the lists below are about. */
export const CONFORMANCE = '0.2.0-alpha.12'

/** Revisions of MCP it is run for. */
export const REVISIONS = ['2025-11-25', '2026-07-28'] as const

/** Scenarios that pass whole, by revision. */
export const PASSES: Readonly<Record<(typeof REVISIONS)[number], readonly string[]>> = {
  '2025-11-25': [
    'server-initialize',
    'server-session-lifecycle',
    'ping',
    'tools-list',
    'server-sse-polling',
    'server-sse-multiple-streams',
    'dns-rebinding-protection',
  ],
  '2026-07-28': [
    'tools-list',
    'server-sse-multiple-streams',
    'sep-2164-resource-not-found',
    'dns-rebinding-protection',
    'http-header-validation',
    'input-required-result-missing-input-response',
    'input-required-result-unsupported-methods',
    'input-required-result-ignore-extra-params',
    'input-required-result-validate-input',
  ],
}

/** Why the others can not: the first reason whose names one begins with. */
export const REASONS: readonly (readonly [names: readonly string[], reason: string])[] = [
  [
    ['tools-call-', 'json-schema-2020-12', 'elicitation-', 'http-custom-header-server-validation'],
    'calls tools of a test server, which a service for secrets does not have',
  ],
  [
    ['input-required-result-'],
    'calls tools that ask the client; ours ask the owner, who is somebody else',
  ],
  [['resources-', 'prompts-', 'completion-'], 'there are no resources, prompts or completions'],
  [['logging-'], 'logs go to the operator, not to the agent'],
  [['caching'], 'asks the lists of resources and prompts too; that of tools passes'],
  [
    ['server-stateless'],
    'calls tools of a test server; and `subscriptions/listen` is refused, since nothing changes ' +
      'that could be told, and a stream would outlive the right to it',
  ],
]
