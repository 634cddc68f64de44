/** A client that waits for an owner's yes asks no more often than this (RFC 8628 §3.5). */
export const OAUTH_POLL_SECONDS = 5
