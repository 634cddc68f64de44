import { deflate } from 'node:zlib'
import { packStatuses } from '../domain/status-list.ts'
import type { EpochSeconds } from '../domain/time.ts'
import { encodeBase64url } from './base64url.ts'
import type { SigningKey } from './key.ts'
import { signCompact } from './sign.ts'

/** A status list as it stood at one moment. */
export interface StatusList {
  /** Its address: `sub`, which has to be the `uri` that a token names. */
  readonly uri: string
  readonly issuedAt: EpochSeconds
  readonly expiresAt: EpochSeconds
  readonly ttlSeconds: number
  /** One value of two bits for each place. */
  readonly statuses: Uint8Array
}

/**
 * Signs a status list token, typ `statuslist+jwt` (draft-ietf-oauth-status-list): two bits a place,
 * ZLIB (RFC 1950), base64url. Its key is for nothing else.
 */
export async function signStatusList(key: SigningKey, list: StatusList): Promise<string> {
  const { uri: sub, issuedAt: iat, expiresAt: exp, ttlSeconds: ttl, statuses } = list
  const lst = encodeBase64url(await compressed(packStatuses(statuses)))
  const payload = { sub, iat, exp, ttl, status_list: { bits: 2, lst } }
  return signCompact(key, { purpose: 'status', typ: 'statuslist+jwt', payload })
}

/** On the thread pool, at the highest level, as the document advises. */
function compressed(bytes: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    deflate(bytes, { level: 9 }, (error, result) => {
      if (error === null) resolve(result)
      else reject(error)
    })
  })
}
