/** Nonces of requests, by who sent them. */
interface RequestNoncesTable {
  tenant: string
  holder: string
  hash: string
  expires_at: number
}

/** Tokens that are out and whose revocation is published by their id. */
interface IssuedTokensTable {
  tenant: string
  jti: string
  holder: string
  lease: string
  certificate: string
  expires_at: number
}

/** Tables of what only CDP asks for. */
export interface CdpSchema {
  request_nonces: RequestNoncesTable
  issued_tokens: IssuedTokensTable
}
