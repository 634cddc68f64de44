/**
 * What an operator may call an entry of a file, such as a route or an issuer: 1 to 64 small
 * letters, digits and dashes, with no dash at either end.
 */
export const ENTRY_NAME = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/
