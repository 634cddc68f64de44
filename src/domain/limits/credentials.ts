/** Origins one credential may be sent to: an API and its regions, not the internet. */
export const CREDENTIAL_ORIGINS_MAX = 16
/** Named parts of one credential: a few beside the secret itself. */
export const CREDENTIAL_FIELDS_MAX = 8
/** Bytes of one part: a private key or a service account file. */
export const CREDENTIAL_FIELD_BYTES_MAX = 16 * 1024
/** Characters of a secret that goes into a header: it shares GATEWAY_HEAD_BYTES_MAX. */
export const CREDENTIAL_HEADER_CHARACTERS_MAX = 8 * 1024
/** Versions kept for a rollback; older ones are removed, since a replaced secret is a risk. */
export const CREDENTIAL_VERSIONS_KEPT = 10
/** A vault that takes longer to answer is not there: the call it holds up has its own time. */
export const VAULT_TIMEOUT_MS = 3_000
/** Bytes of an answer of a vault or a token endpoint. */
export const VAULT_ANSWER_BYTES_MAX = 128 * 1024
/** An access token whose issuer does not say how long it lives is used this long. */
export const OAUTH_TOKEN_SECONDS_DEFAULT = 60
/** An access token is kept no longer, whatever its issuer says. */
export const OAUTH_TOKEN_SECONDS_MAX = 60 * 60
/** An access token is replaced this long before its end: the call it is for takes time. */
export const OAUTH_TOKEN_MARGIN_SECONDS = 30
/** Access tokens one process keeps; beyond it the one that was not used for longest goes. */
export const OAUTH_TOKENS_MAX = 1_024
