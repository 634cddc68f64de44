/** A client that waits for an owner's yes asks no more often than this (RFC 8628 §3.5). */
export const OAUTH_POLL_SECONDS = 5
/** Longest life of an assertion that vouches for a person: what its draft recommends. */
export const ASSERTION_SECONDS_MAX = 5 * 60
/** Issuers of assertions: each is a company whose people are believed. */
export const ASSERTION_ISSUERS_MAX = 64
/** Clients an issuer's entry may map to agents: as many as an authority of this size has. */
export const ASSERTION_CLIENTS_MAX = 1_024
/** Resources one assertion may name: more is no grant for a task. */
export const ASSERTION_RESOURCES_MAX = 32
