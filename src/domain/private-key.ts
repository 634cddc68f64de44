/** Whether a PEM text has a private key in it, of whatever kind: then it goes to nobody (I12). */
export function hasPrivateKey(pem: string): boolean {
  return pem.includes('PRIVATE KEY-----')
}
