/** RFC 8693 §3. */
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
/** RFC 8693 §3: any JWT. */
export const JWT = 'urn:ietf:params:oauth:token-type:jwt'
/** A delegation token, good for one redemption at the authority. */
export const DELEGATION = 'urn:writ:token-type:delegation'
/** The id of a lease that the caller holds; no secret. */
export const LEASE = 'urn:writ:token-type:lease'
