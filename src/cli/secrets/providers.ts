import type { CredentialKind, Placement } from '../../domain/credential.ts'
import type { CredentialCategory } from '../../domain/terms.ts'

/** Where a secret goes in a request, and to which one place. */
export interface Sent {
  readonly origin: string
  readonly kind: CredentialKind
  readonly placement: Placement
  readonly category?: CredentialCategory
}

/** Whose secrets have a form, or a usual variable, by which they are known. */
export interface Provider {
  /** What a person reads: `token of GitHub`. */
  readonly what: string
  /**
   * How its secrets are spelled; undefined where they have no form of their own. No quantifier
   * stands inside another, so that looking takes linear time.
   */
  readonly form?: string
  /** The form is that of an id: it tells that a secret is near, and is none. */
  readonly isId?: true
  /** Leading characters that say nothing but whose it is; they may be shown. */
  readonly open?: RegExp
  /** The variables that its own documents use. */
  readonly variables?: readonly string[]
  /** Undefined where it takes no secret in a request as it is, or at no one place. */
  readonly sent?: Sent
}

const bearer = (origin: string, category?: CredentialCategory): Sent => ({
  ...{ origin, kind: 'bearer', placement: { in: 'bearer' } },
  ...(category === undefined ? {} : { category }),
})

const header = (origin: string, name: string): Sent => ({
  ...{ origin, kind: 'api_key', placement: { in: 'header', name, prefix: '' } },
})

/**
 * Facts about formats and addresses; each row's source is in docs/subjects/import-and-scan.md. The
 * first that fits counts.
 */
export const PROVIDERS: readonly Provider[] = [
  {
    what: 'token of GitHub',
    form: 'gh[pousr]_[A-Za-z0-9]{36,251}|github_pat_[A-Za-z0-9_]{36,251}',
    open: /^(?:gh[pousr]_|github_pat_)/,
    variables: ['GITHUB_TOKEN', 'GH_TOKEN', 'GITHUB_PAT'],
    sent: bearer('https://api.github.com'),
  },
  {
    what: 'token of GitLab',
    form: 'gl(?:pat|dt|rt|cbt|ptt|ft|ffct|imt|soat|agent|oas)-[A-Za-z0-9_.-]{20,300}',
    open: /^gl[a-z]+-/,
    variables: ['GITLAB_TOKEN'],
    sent: header('https://gitlab.com', 'private-token'),
  },
  {
    what: 'key of Anthropic',
    form: 'sk-ant-[A-Za-z0-9_-]{20,300}',
    open: /^sk-ant-/,
    variables: ['ANTHROPIC_API_KEY'],
    sent: header('https://api.anthropic.com', 'x-api-key'),
  },
  {
    what: 'key of OpenRouter',
    form: 'sk-or-v1-[0-9a-f]{64}',
    open: /^sk-or-v1-/,
    variables: ['OPENROUTER_API_KEY'],
    sent: bearer('https://openrouter.ai'),
  },
  {
    what: 'key of OpenAI',
    form:
      'sk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{20,300}|' +
      'sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}',
    open: /^sk-(?:(?:proj|svcacct|admin)-)?/,
    variables: ['OPENAI_API_KEY'],
    sent: bearer('https://api.openai.com'),
  },
  {
    what: 'key of Stripe',
    form: '[sr]k_(?:live|test)_[A-Za-z0-9]{16,255}',
    open: /^[sr]k_(?:live|test)_/,
    variables: ['STRIPE_API_KEY', 'STRIPE_SECRET_KEY'],
    sent: bearer('https://api.stripe.com', 'payment'),
  },
  { what: 'secret of a webhook', form: 'whsec_[A-Za-z0-9+/]{24,128}', open: /^whsec_/ },
  {
    what: 'token of Slack',
    form: 'xox[abeoprs]-[A-Za-z0-9-]{20,255}|xapp-[0-9]-[A-Z0-9]{8,20}-[0-9]{8,20}-[a-f0-9]{32,80}',
    open: /^(?:xox[abeoprs]-|xapp-)/,
    variables: ['SLACK_BOT_TOKEN', 'SLACK_TOKEN'],
    sent: bearer('https://slack.com'),
  },
  {
    what: 'address of a webhook of Slack',
    form: 'https://hooks\\.slack\\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/]{43,56}',
    open: /^https:\/\/hooks\.slack\.com\//,
  },
  {
    what: 'access key id of AWS',
    isId: true,
    form: 'A(?:KI|SI|BI|CC)A[A-Z2-7]{16}',
    open: /^A(?:KI|SI|BI|CC)A/,
  },
  {
    what: 'key of Google',
    form: 'AIza[A-Za-z0-9_-]{35}|GOCSPX-[A-Za-z0-9_-]{28}|ya29\\.[A-Za-z0-9_-]{20,2000}',
    open: /^(?:AIza|GOCSPX-|ya29\.)/,
  },
  {
    what: 'key of Gemini',
    variables: ['GEMINI_API_KEY'],
    sent: header('https://generativelanguage.googleapis.com', 'x-goog-api-key'),
  },
  {
    what: 'token of npm',
    form: 'npm_[A-Za-z0-9]{36}',
    open: /^npm_/,
    variables: ['NPM_TOKEN'],
  },
  { what: 'token of PyPI', form: 'pypi-AgE[A-Za-z0-9_-]{50,500}', open: /^pypi-/ },
  {
    what: 'token of Hugging Face',
    form: 'hf_[A-Za-z0-9]{30,60}',
    open: /^hf_/,
    variables: ['HF_TOKEN', 'HUGGINGFACE_TOKEN'],
    sent: bearer('https://huggingface.co'),
  },
  {
    what: 'key of Groq',
    form: 'gsk_[A-Za-z0-9]{40,80}',
    open: /^gsk_/,
    variables: ['GROQ_API_KEY'],
    sent: bearer('https://api.groq.com'),
  },
  {
    what: 'key of Mistral',
    variables: ['MISTRAL_API_KEY'],
    sent: bearer('https://api.mistral.ai'),
  },
  {
    what: 'key of SendGrid',
    form: 'SG\\.[A-Za-z0-9_-]{22}\\.[A-Za-z0-9_-]{43}',
    open: /^SG\./,
    variables: ['SENDGRID_API_KEY'],
    sent: bearer('https://api.sendgrid.com'),
  },
  {
    what: 'token of DigitalOcean',
    form: 'do[opr]_v1_[a-f0-9]{64}',
    open: /^do[opr]_v1_/,
    variables: ['DIGITALOCEAN_TOKEN', 'DIGITALOCEAN_ACCESS_TOKEN'],
    sent: bearer('https://api.digitalocean.com'),
  },
  { what: 'token of Shopify', form: 'shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}', open: /^shp[a-z]+_/ },
  { what: 'token of Docker Hub', form: 'dckr_pat_[A-Za-z0-9_-]{27,60}', open: /^dckr_pat_/ },
  { what: 'token of Vault', form: 'hv[sbr]\\.[A-Za-z0-9_-]{24,300}', open: /^hv[sbr]\./ },
  { what: 'token of Databricks', form: 'dapi[a-f0-9]{32}(?:-[0-9])?', open: /^dapi/ },
  { what: 'key of age', form: 'AGE-SECRET-KEY-1[A-Z0-9]{58}', open: /^AGE-SECRET-KEY-1/ },
  {
    what: 'token of a person at Writ',
    form: 'writ_(?:owner|operator|enroll)_[A-Za-z0-9_-]{43}',
    open: /^writ_[a-z]+_/,
  },
  { what: 'handle of Writ', form: 'wrt_[A-Za-z0-9_-]{43}', open: /^wrt_/ },
]

/** The providers whose secrets have a form, each with the whole of it. */
const FORMED = PROVIDERS.flatMap((provider) =>
  provider.form === undefined ? [] : [{ provider, whole: new RegExp(`^(?:${provider.form})$`) }],
)

/** Whose secret a text is by its form. */
export function providerByForm(text: string): Provider | undefined {
  return FORMED.find(({ whole }) => whole.test(text))?.provider
}

/** Whose secret a variable usually holds. */
export function providerByVariable(name: string): Provider | undefined {
  return PROVIDERS.find(({ variables }) => variables?.includes(name))
}
