import { Agent } from 'node:https'
import type { Credential } from '../domain/credential.ts'
import type { Json } from '../domain/scope/types.ts'
import { askJson, type JsonAnswer } from './ask-json.ts'
import type { Found, VaultBackend } from './credential-vault.ts'
import { memberFields } from './member-fields.ts'
import { readProvidedSecret } from './secret-file.ts'

/** Where a KV version 2 engine of HashiCorp Vault or OpenBao answers. */
export interface KvSettings {
  /** `https://vault.example:8200`; plain http only to a proxy on this machine. */
  readonly url: string
  /** Where the engine is mounted: `secret`. */
  readonly mount: string
  readonly namespace: string
  /** Holds the token; read for each question, so that whoever renews it may replace the file. */
  readonly tokenFile: string
  /** PEM of the authorities the vault is trusted by, instead of the public ones. */
  readonly authorities?: string | undefined
  readonly timeoutMs?: number
}

const CONNECTIONS = 32
const TOKEN = /^[\x21-\x7e]{1,8192}$/

/**
 * Secrets in a KV version 2 engine: `GET /v1/<mount>/data/<path>`, always its newest version, asked
 * for at each use. A credential's reference is `path#key`; without `#key` it is the key `value`, or
 * for kind custom every key.
 */
export function kvBackend(settings: KvSettings): VaultBackend {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS, maxFreeSockets: 8 })
  const { url, mount, namespace, tokenFile, authorities, timeoutMs } = settings
  return {
    async open(credential, { reference }): Promise<Found> {
      if (reference === null) return { ok: false, reason: 'no_version' }
      const token = readToken(tokenFile)
      if (token === undefined) return { ok: false, reason: 'no_vault_token' }
      const [path = '', part] = reference.split('#')
      const answer = await askJson({
        url: `${url}/v1/${mount}/data/${path}`,
        method: 'GET',
        headers: {
          'X-Vault-Token': token,
          'X-Vault-Request': 'true',
          ...(namespace === '' ? {} : { 'X-Vault-Namespace': namespace }),
        },
        privateNet: true,
        authorities,
        agent,
        timeoutMs,
      })
      return foundIn(answer, credential, part)
    },
  }
}

function readToken(file: string): string | undefined {
  try {
    const token = readProvidedSecret(file).trim()
    return TOKEN.test(token) ? token : undefined
  } catch {
    return undefined
  }
}

/** What a KV engine says by its status; the texts of its errors are not kept. */
const REASONS: Readonly<Record<number, string>> = {
  400: 'vault_refused',
  403: 'vault_denied',
  404: 'not_in_vault',
  429: 'vault_standby',
  472: 'vault_standby',
  473: 'vault_standby',
  503: 'vault_sealed',
}

function foundIn(answer: JsonAnswer, credential: Credential, part: string | undefined): Found {
  if (!answer.ok) return { ok: false, reason: `vault_${answer.reason}` }
  const { status, json } = answer
  const outer = memberOf(json, 'data')
  // A deleted version answers 404 with its metadata and no data; some proxies make it a 200.
  if (memberOf(outer, 'metadata') !== undefined && !isMembers(memberOf(outer, 'data'))) {
    return { ok: false, reason: 'deleted_in_vault' }
  }
  if (status !== 200) {
    const redirected = status >= 300 && status < 400
    return {
      ok: false,
      reason: redirected ? 'vault_redirects' : (REASONS[status] ?? 'vault_fault'),
    }
  }
  return memberFields(memberOf(outer, 'data'), credential.kind, part)
}

function isMembers(json: Json | undefined): json is { readonly [name: string]: Json } {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}

function memberOf(json: Json | undefined, name: string): Json | undefined {
  return isMembers(json) && Object.hasOwn(json, name) ? json[name] : undefined
}
