import { randomBytes } from 'node:crypto'
import type { Witness } from './witness.ts'

/** A secret with characters that each encoding spells in its own way, and a part of its own. */
export function canary(word: string): string {
  return `sk_${word}_${randomBytes(14).toString('hex')}+/T1~dp7.dc`
}

/** Where the upstream keeps what it got: the one place beside its backend for a credential. */
export const UPSTREAM = 'what the upstream got'
export const KV = 'what the KV engine got'
export const ISSUER = 'what the issuer got'
export const FILES = 'vault'

/** How the credentials of a deployment are put in, and what each of them hides. */
export interface Kind {
  readonly name: string
  readonly body: Readonly<Record<string, unknown>>
  /** What goes to the upstream with a call over the route of this name. */
  readonly secret: string
}

/** Secrets that lie in other backends than the store. */
export interface Elsewhere {
  readonly inFile: string
  readonly inKv: string
  readonly access: string
}

/** Plants those. */
export function plantElsewhere(witness: Witness): Elsewhere {
  return {
    inFile: witness.plant('a secret in a file', canary('file'), UPSTREAM, `${FILES}/shared/key`),
    inKv: witness.plant('a secret in the KV engine', canary('kv'), UPSTREAM),
    access: witness.plant('an access token', canary('access'), UPSTREAM),
  }
}

/** One credential of each kind and placement; PLACEHOLDER is what the agent writes. */
export function kindsOf(witness: Witness, elsewhere: Elsewhere, issuer: string): readonly Kind[] {
  const embedded = (name: string, kind: string, placement?: object): Kind => {
    const secret = witness.plant(`a credential ${name}`, canary(name), UPSTREAM)
    return { name, secret, body: { kind, placement, fields: { value: secret } } }
  }
  const client = witness.plant('the secret of an OAuth client', canary('client'), ISSUER)
  const token = { url: `${issuer}/oauth/token`, client_id: 'writ', private_net: true }
  const idle = witness.plant('a connection string', canary('idle'))
  const parts = witness.plant('a part of a custom credential', canary('part'))
  const custom = witness.plant('a custom credential', canary('custom'), UPSTREAM)
  return [
    embedded('bearer', 'bearer'),
    embedded('api-key', 'api_key'),
    embedded('header', 'header', { in: 'header', name: 'x-token', prefix: 'Token ' }),
    embedded('basic', 'basic', { in: 'basic', username: 'writ' }),
    embedded('query', 'query', { in: 'query', name: 'key' }),
    embedded('placeholder', 'api_key', { in: 'placeholder', text: PLACEHOLDER }),
    {
      name: 'custom',
      secret: custom,
      body: {
        kind: 'custom',
        placement: { in: 'bearer' },
        fields: { value: custom, spare: parts },
      },
    },
    { name: 'oauth', secret: elsewhere.access, body: oauth(client, token) },
    { name: 'file', secret: elsewhere.inFile, body: referring('file', 'shared/key') },
    { name: 'kv', secret: elsewhere.inKv, body: referring('vault_kv', 'shared/key') },
    { name: 'idle', secret: '', body: { kind: 'connection_string', fields: { value: idle } } },
  ]
}

/** What an agent writes where the secret is to go. */
export const PLACEHOLDER = '{{the-upstream-key}}'

function oauth(value: string, token: object): Kind['body'] {
  return { kind: 'oauth_client', token, fields: { value } }
}

function referring(backend: string, reference: string): Kind['body'] {
  return { kind: 'bearer', backend, reference }
}
