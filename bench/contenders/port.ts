/**
 * The jobs everybody is asked to do. `issue`: give an agent a right. `delegate`: the agent gives
 * part of it to another, who then holds it. `authorize`: say yes to one call with the right that was
 * passed on. `introspect`: ask a service about a token. `spend`: say yes to one call and remember
 * durably that the token is used up.
 */
export const JOBS = ['issue', 'delegate', 'authorize', 'introspect', 'spend'] as const
/** One of the jobs. */
export type Job = (typeof JOBS)[number]

/** What nobody should forget when comparing speeds; the same questions for all. */
export const TRAITS = {
  singleUse: 'a token works once, also after a crash',
  cascade: 'revoking ends everything below at once',
  narrowing: 'a part that is passed on can only be narrower',
  binding: 'bound to the key or certificate of the holder',
  audit: 'a tamper-evident record of each decision',
  offline: 'verified without asking anybody',
} as const
/** One of the traits. */
export type Trait = keyof typeof TRAITS

/** Something people would pick instead, or Writ itself. */
export interface Contender {
  /** Name of the package; for one package in several settings, the setting follows in brackets. */
  readonly name: string
  readonly version: string
  /** `library`: in the caller's process. `service`: over HTTP, in a process of its own. */
  readonly kind: 'library' | 'service'
  /** Yes, no, or the sentence that says how far. */
  readonly traits: Readonly<Record<Trait, boolean | string>>
  /** Each job it can do: with how many calls in flight, and what exactly is done for one. */
  readonly jobs: Readonly<Partial<Record<Job, Work>>>
  /** What a reader has to know about how it was set up. */
  readonly note: string
  end(): Promise<void>
}

/** A job: `prepare` makes what `once` uses up, outside the time taken. */
export interface Work {
  readonly does: string
  readonly width: number
  prepare?(count: number): Promise<void>
  once(): Promise<unknown> | unknown
}

/** The file of each contender, by the name that `--only` takes. */
export const CONTENDERS = {
  writ: 'writ',
  'writ-service': 'writ-service',
  jose: 'jose',
  biscuit: 'biscuit',
  ucanto: 'ucanto',
  passport: 'passport',
  'oidc-memory': 'oidc-provider',
  'oidc-sqlite': 'oidc-provider',
} as const
/** One of the contenders. */
export type ContenderName = keyof typeof CONTENDERS

/** What every file of this folder exports as `open`. */
export type OpenContender = (name: ContenderName) => Promise<Contender>
