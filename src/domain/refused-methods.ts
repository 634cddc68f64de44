/**
 * Methods that no call has: a tunnel (RFC 9110 §9.3.6) would carry what nobody judges, and what
 * echoes a request (§9.3.8) would tell the credential that was put into it.
 */
export const REFUSED_METHODS: ReadonlySet<string> = new Set(['TRACE', 'CONNECT', 'TRACK'])
