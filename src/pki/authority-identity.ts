import { checkServerIdentity } from 'node:tls'

/**
 * For connections to an authority (`checkServerIdentity` of node:tls): its listener has the name
 * that was asked for and no URI. Agents and enforcement points have one, so none of them can pass
 * for the authority, whatever server names it was given.
 */
export const checkAuthorityIdentity: typeof checkServerIdentity = (host, certificate) => {
  if (/\bURI:/.test(certificate.subjectaltname ?? '')) {
    return new Error('The certificate is that of an agent or enforcement point.')
  }
  return checkServerIdentity(host, certificate)
}
