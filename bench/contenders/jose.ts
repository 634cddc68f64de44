import { generateKeyPair, jwtVerify, SignJWT } from 'jose'
import type { OpenContender } from './port.ts'
import { versionOf } from './versions.ts'

const ISSUER = 'https://issuer.bench'
const AUDIENCE = 'https://gateway.bench/api'

/** Bare signed tokens: what is left when one writes the rest oneself. */
export const open: OpenContender = async () => {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA')
  const issue = (): Promise<string> =>
    new SignJWT({ scope: 'reports:read', client_id: 'worker' })
      .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt' })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setSubject('owner')
      .setIssuedAt()
      .setExpirationTime('300s')
      .setJti(crypto.randomUUID())
      .sign(privateKey)
  const token = await issue()
  const expected = {
    issuer: ISSUER,
    audience: AUDIENCE,
    typ: 'at+jwt',
    algorithms: ['EdDSA'],
    requiredClaims: ['exp', 'jti'],
  }
  return {
    name: 'jose',
    version: versionOf('jose'),
    kind: 'library',
    traits: {
      singleUse: false,
      cascade: false,
      narrowing: false,
      binding: 'the claim can be set; comparing it is left to the caller',
      audit: false,
      offline: true,
    },
    jobs: {
      issue: { does: 'signs a JWT (EdDSA)', width: 64, once: issue },
      authorize: {
        does: 'verifies signature, issuer, audience and time; the scope is a word nobody reads',
        width: 64,
        once: () => jwtVerify(token, publicKey, expected),
      },
    },
    note: 'No delegation of its own: a token is whatever its issuer writes.',
    end: async () => undefined,
  }
}
