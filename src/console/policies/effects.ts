/** What a policy can say, by sign and words. */
export const EFFECTS = {
  allow: '✓ Allowed',
  require_approval: '◌ A person is asked',
  quarantine: 'Ⅱ Quarantined: refused until a person has changed something',
  deny: '✕ Refused',
} as const
