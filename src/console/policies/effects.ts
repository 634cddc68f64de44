/** What a policy can say, by sign and words. */
export const EFFECTS = {
  allow: '✓ Allowed',
  require_approval: '◌ A person is asked',
  quarantine: 'Ⅱ Refused, and the agent is suspended',
  deny: '✕ Refused',
} as const
