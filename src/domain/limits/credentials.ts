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
