import { STATUS_LIST_SIZE } from '../../../src/domain/limits.ts'
import { epochSeconds } from '../../../src/domain/time.ts'
import type { TokenClaims } from '../../../src/domain/token.ts'
import { TOKEN_TYP, toWire } from '../../../src/token/wire.ts'
import { type VectorCase, vector } from '../case.ts'
import { bytesFor, callClaims, compact, delegationClaims, ISSUER, KEYS, NOW } from '../material.ts'

/** Sound tokens, among them the outermost ones that are still sound. */
export function acceptedCases(): readonly VectorCase[] {
  const call = callClaims()
  const digest = bytesFor('body').toString('base64url')
  const key = bytesFor('dpop key').toString('base64url')
  const pin = { method: 'GET', target: 'https://api.github.com/repos/acme/x?page=2' }
  const status = { uri: `${ISSUER}/v1/status-lists/0`, position: 0 }
  return [
    sound('a call token', call),
    sound('a call token of a root lease', callClaims(0)),
    sound('a call token at depth 16', callClaims(16)),
    sound('a delegation token', delegationClaims()),
    sound('a delegation token of a root lease', delegationClaims(1)),
    sound('a delegation token for depth 16', delegationClaims(16)),
    sound('a token with a place in a status list', { ...call, status }),
    sound('a token with the last place of a list, pinned to a request', {
      ...call,
      status: { ...status, position: STATUS_LIST_SIZE - 1 },
      pin,
    }),
    sound('a token pinned to a request', { ...call, pin }),
    sound('a token pinned to a request with a body', {
      ...call,
      pin: { ...pin, bodyDigest: digest },
    }),
    sound('a token bound to certificate and key', {
      ...call,
      confirmation: { ...call.confirmation, key } as TokenClaims['confirmation'],
    }),
    sound('a token bound to a key alone', {
      ...call,
      confirmation: { key } as TokenClaims['confirmation'],
    }),
    sound('a token at the deepest place it allows', { ...call, maxDepth: 1 }),
    sound('a token with text beyond ASCII in its scope', {
      ...call,
      scope: {
        ...call.scope,
        grants: [
          {
            type: 'tool',
            server: 'https://mcp.example/mcp',
            tool: 'search',
            arguments: { q: { constraint_type: 'exact', value: 'grüße "😀" \\ud800 \u0007' } },
          },
        ],
      },
    }),
    sound('a token of a key with the fully specified algorithm name', call, {}, KEYS.named),
    sound('a token in its last second', call, { now: NOW + 59 }),
    sound('a token issued 30 seconds from now by a faster clock', call, { now: NOW - 30 }),
    sound('a token that starts later than it was issued', {
      ...call,
      notBefore: epochSeconds(NOW + 30),
    }),
    sound('a token of the longest life', { ...call, expiresAt: epochSeconds(NOW + 300) }),
    sound('a token of one second', { ...call, expiresAt: epochSeconds(NOW + 1) }),
  ]
}

function sound(
  name: string,
  claims: TokenClaims,
  more: Partial<VectorCase> = {},
  key: (typeof KEYS)[keyof typeof KEYS] = KEYS.token,
): VectorCase {
  const header = JSON.stringify({ alg: key.alg, typ: TOKEN_TYP[claims.kind], kid: key.kid })
  const token = compact(header, JSON.stringify(toWire(claims)), key)
  return vector(name, token, 'accepted', { kind: claims.kind, ...more })
}
