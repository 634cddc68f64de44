import { labelTexts } from '../../domain/labels.ts'

const STATE_SIGNS: Readonly<Record<string, string>> = {
  live: '●',
  active: '●',
  pending: '◌',
  approved: '✓',
  used: '✓',
  revoked: '✕',
  denied: '✕',
  suspended: 'Ⅱ',
  released: '○',
  expired: '○',
  exhausted: '○',
}

/** A state by sign, word and colour: never by colour alone. */
export function State({ state }: { readonly state: string }) {
  return (
    <span class={`badge state-${state}`}>
      <span aria-hidden="true">{STATE_SIGNS[state] ?? '○'}</span> {state}
    </span>
  )
}

/** How much the evidence of a holder is worth; short where its name stands elsewhere. */
export function Tier({ tier, short = false }: { readonly tier: string; readonly short?: boolean }) {
  return (
    <span class={`badge tier-${tier}`} title={`Attestation: ${tier}`}>
      {short ? <span aria-hidden="true">◇</span> : 'attested:'} {tier}
    </span>
  )
}

/** What a tree is labelled with; nothing where it is not. */
export function Labels({ labels }: { readonly labels: Readonly<Record<string, string>> }) {
  return (
    <>
      {labelTexts(labels).map((text) => (
        <span class="badge label" key={text}>
          {text}
        </span>
      ))}
    </>
  )
}

/** What came of a decision. */
export function Outcome({ outcome }: { readonly outcome: string }) {
  const allowed = outcome === 'allowed'
  return (
    <span class={`badge ${allowed ? 'state-live' : 'state-revoked'}`}>
      <span aria-hidden="true">{allowed ? '✓' : '✕'}</span> {outcome.replaceAll('_', ' ')}
    </span>
  )
}
