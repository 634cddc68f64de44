import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { exportJWK, type JWK, SignJWT } from 'jose'
import { epochSeconds } from '../../src/domain/time.ts'
import { freshFolder, testAuthority } from './pki.ts'

/** A platform that gives its workloads tokens, over real https with keys of its own. */
export interface WorkloadIssuer {
  readonly issuer: string
  readonly jwksUrl: string
  /** PEM file of the authority behind its certificate. */
  readonly caFile: string
  /** What its key set answers; may be replaced. */
  answer: { status: number; body: string; headers?: Record<string, string> }
  /** How often the key set was asked for. */
  asked: number
  /** Makes a new signing key and publishes it alone. */
  rotate(): Promise<void>
  /** The private key in force. */
  key(): KeyObject
  kid(): string
  /** A sound token, changed as a test likes; undefined removes a claim. */
  token(claims: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>
  /** No connection is taken any more. */
  stop(): Promise<void>
}

/** Starts one. `now` is in epoch seconds. */
export async function startWorkloadIssuer(
  now: () => number = () => Math.floor(Date.now() / 1000),
): Promise<WorkloadIssuer> {
  const ca = await testAuthority('issuer.example')
  const moment = epochSeconds(Math.floor(Date.now() / 1000))
  const tls = await ca.issueServer({ names: ['127.0.0.1'], now: moment })
  let pair: { privateKey: KeyObject; publicKey: KeyObject }
  let kid = ''
  const server = createServer({ key: tls.privateKeyPem, cert: tls.certificatePem }, (_, answer) => {
    issuer.asked += 1
    answer.writeHead(issuer.answer.status, issuer.answer.headers)
    answer.end(issuer.answer.body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const caFile = join(freshFolder(), 'issuer-ca.pem')
  writeFileSync(caFile, ca.rootPem)
  const issuer: WorkloadIssuer = {
    issuer: origin,
    jwksUrl: `${origin}/keys`,
    caFile,
    answer: { status: 200, body: '' },
    asked: 0,
    async rotate() {
      pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
      kid = randomUUID()
      const jwk: JWK = { ...(await exportJWK(pair.publicKey)), kid, alg: 'RS256', use: 'sig' }
      issuer.answer = { status: 200, body: JSON.stringify({ keys: [jwk] }, null, 2) }
    },
    key: () => pair.privateKey,
    kid: () => kid,
    token(claims, header = {}) {
      const at = now()
      const whole = { iss: origin, iat: at, nbf: at, exp: at + 300, jti: randomUUID(), ...claims }
      const kept = Object.entries(whole).filter(([, value]) => value !== undefined)
      return new SignJWT(Object.fromEntries(kept))
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid, ...header })
        .sign(pair.privateKey)
    },
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  await issuer.rotate()
  return issuer
}
