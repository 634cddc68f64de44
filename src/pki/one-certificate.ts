import { PemConverter } from './x509.ts'

/** DER of the one certificate of a PEM text; undefined when it is none, or not exactly one. */
export function onlyCertificate(pem: string): Uint8Array | undefined {
  try {
    const blocks = PemConverter.decodeWithHeaders(pem)
    const [first] = blocks
    if (first === undefined || blocks.length !== 1 || first.type !== 'CERTIFICATE') return undefined
    return new Uint8Array(first.rawData)
  } catch {
    return undefined
  }
}
