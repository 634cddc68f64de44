import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Configuration, Provider } from 'oidc-provider'
import { sqliteAdapter } from '../contenders/oidc-sqlite-adapter.ts'

/** An oidc-provider with one client, over its memory adapter or a durable one. */
const folder = mkdtempSync(join(tmpdir(), 'writ-bench-oidc-'))
process.on('disconnect', () => {
  rmSync(folder, { recursive: true, force: true })
  process.exit(0)
})

process.once('message', ({ adapter }: { adapter: 'memory' | 'sqlite' }) => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const jwk = { ...privateKey.export({ format: 'jwk' }), alg: 'EdDSA', use: 'sig', kid: 'bench' }
  const configuration: Configuration = {
    jwks: { keys: [jwk as never] },
    clients: [
      {
        client_id: 'worker',
        client_secret: 's'.repeat(32),
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        id_token_signed_response_alg: 'EdDSA',
      },
    ],
    enabledJWA: { idTokenSigningAlgValues: ['EdDSA'] },
    scopes: ['reports'],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true },
    },
    cookies: { keys: ['bench'] },
    ttl: { ClientCredentials: 3_600 },
    ...(adapter === 'sqlite' ? { adapter: sqliteAdapter(join(folder, 'oidc.db')) } : {}),
  }
  const server = new Provider('http://127.0.0.1', configuration).listen(0, '127.0.0.1', () => {
    process.send?.({ port: (server.address() as AddressInfo).port })
  })
  server.keepAliveTimeout = 60_000
})
