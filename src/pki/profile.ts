import { randomBytes } from 'node:crypto'
import { CERTIFICATE_BACKDATE_SECONDS } from '../domain/limits.ts'
import type { EpochSeconds } from '../domain/time.ts'
import type { Key } from './x509.ts'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
} from './x509.ts'

/** What a certificate is for; decides its extended key usage (RFC 5280 §4.2.1.12). */
export type Purpose = 'peer' | 'server'

/** A positive serial number with 128 random bits (RFC 5280 §4.1.2.2), in hexadecimal. */
export function randomSerial(): string {
  return `01${randomBytes(16).toString('hex')}`
}

/** Valid from a little before `now` until `end`. */
export function validity(now: EpochSeconds, end: number): { notBefore: Date; notAfter: Date } {
  return {
    notBefore: new Date((now - CERTIFICATE_BACKDATE_SECONDS) * 1000),
    notAfter: new Date(end * 1000),
  }
}

/** Extensions of the root: signs leaves and revocation lists, never another authority. */
export async function rootExtensions(publicKey: Key): Promise<Extension[]> {
  return [
    new BasicConstraintsExtension(true, 0, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    await SubjectKeyIdentifierExtension.create(publicKey),
  ]
}

/**
 * Extensions of a leaf (X509-SVID §4): not an authority, signatures only, and the given names. The
 * names are critical because the subject is empty: they are the identity.
 */
export async function leafExtensions(
  names: readonly JsonGeneralName[],
  purpose: Purpose,
  publicKey: Key,
  rootKey: Key,
): Promise<Extension[]> {
  const usages = [ExtendedKeyUsage.serverAuth]
  if (purpose === 'peer') usages.unshift(ExtendedKeyUsage.clientAuth)
  return [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension(usages),
    new SubjectAlternativeNameExtension([...names], true),
    await SubjectKeyIdentifierExtension.create(publicKey),
    await AuthorityKeyIdentifierExtension.create(rootKey),
  ]
}
