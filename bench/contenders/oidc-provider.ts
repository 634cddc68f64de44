import { Pool } from 'undici'
import { Children } from '../gateways.ts'
import type { OpenContender } from './port.ts'
import { versionOf } from './versions.ts'

const CONNECTIONS = 64
const CREDENTIALS = Buffer.from(`worker:${'s'.repeat(32)}`).toString('base64')
const HEADERS = {
  authorization: `Basic ${CREDENTIALS}`,
  'content-type': 'application/x-www-form-urlencoded',
}

/** oidc-provider as a service: opaque access tokens, asked about by introspection. */
export const open: OpenContender = async (name) => {
  const children = new Children()
  const adapter = name === 'oidc-sqlite' ? 'sqlite' : 'memory'
  const { said } = await children.start('oidc-server', { adapter })
  const pool = new Pool(`http://127.0.0.1:${said['port']}`, { connections: CONNECTIONS })
  const post = async (path: string, body: string): Promise<Record<string, unknown>> => {
    const answer = await pool.request({ method: 'POST', path, headers: HEADERS, body })
    const text = await answer.body.text()
    if (answer.statusCode !== 200) throw new Error(`${path}: ${answer.statusCode} ${text}`)
    return JSON.parse(text) as Record<string, unknown>
  }
  const issue = () => post('/token', 'grant_type=client_credentials&scope=reports')
  let token = ''
  const introspect = async (): Promise<void> => {
    const told = await post('/token/introspection', `token=${token}`)
    if (told['active'] !== true) throw new Error('the token is not active')
  }
  const durable = adapter === 'sqlite'
  return {
    name: `oidc-provider (${durable ? 'SQLite adapter' : 'its memory adapter'})`,
    version: versionOf('oidc-provider'),
    kind: 'service',
    traits: {
      singleUse: 'of authorization codes and refresh tokens, not of access tokens',
      cascade: 'of one grant with its tokens; there is no tree of grants',
      narrowing: 'scopes are words, chosen when the token is issued',
      binding: 'mutual TLS and DPoP, when switched on; here a client secret',
      audit: false,
      offline: 'with JWT access tokens, which can not be revoked then',
    },
    jobs: {
      issue: {
        does: `POST /token, client credentials, an opaque token${durable ? ' on disk' : ''}`,
        width: CONNECTIONS,
        once: issue,
      },
      introspect: {
        does: 'POST /token/introspection',
        width: CONNECTIONS,
        prepare: async () => {
          token = String((await issue())['access_token'])
        },
        once: introspect,
      },
    },
    note: durable
      ? 'Adapter of ours: WAL, synchronous=FULL, writes that arrive together share a commit.'
      : 'Its default adapter, which keeps 1,000 entries and forgets them with the process.',
    async end() {
      await pool.destroy()
      await children.end()
    },
  }
}
