import { existsSync } from 'node:fs'
import {
  type Binding,
  isBoundKey,
  openBound,
  readPlatformKey,
  sealBound,
} from '../vault/bound-key.ts'
import { usage } from './outcome.ts'
import { secretText } from './secret-file.ts'

/** A passphrase shorter than this is guessed, whatever it is stretched with. */
const PASSPHRASE_CHARACTERS_MIN = 12

/**
 * What keys of this machine are bound with, from the environment: the passphrase from
 * WRIT_KEY_PASSPHRASE_FILE or WRIT_KEY_PASSPHRASE, the machine from its id or, in a container, from
 * WRIT_PLATFORM_KEY_FILE. A usage failure says what is missing.
 */
export function readBinding(environment: NodeJS.ProcessEnv = process.env): Binding {
  const file = environment['WRIT_KEY_PASSPHRASE_FILE']
  const named = file === undefined || file === '' ? undefined : secretText(file).trim()
  const passphrase = named ?? environment['WRIT_KEY_PASSPHRASE'] ?? ''
  if (passphrase.length < PASSPHRASE_CHARACTERS_MIN) {
    const least = `at least ${PASSPHRASE_CHARACTERS_MIN} characters`
    throw usage(`A bound key needs its passphrase: set WRIT_KEY_PASSPHRASE_FILE, ${least}.`)
  }
  const platformFile = environment['WRIT_PLATFORM_KEY_FILE']
  try {
    return { passphrase, platformKey: readPlatformKey(platformFile || undefined) }
  } catch (cause) {
    throw usage(cause instanceof Error ? cause.message : String(cause))
  }
}

/** The private key in a file, opened when it is bound. */
export function privateKeyIn(file: string, environment?: NodeJS.ProcessEnv): string {
  const text = secretText(file)
  if (!isBoundKey(text)) return text
  const binding = readBinding(environment)
  try {
    return openBound(text, binding)
  } catch (cause) {
    throw usage(cause instanceof Error ? cause.message : String(cause))
  }
}

/** A private key as it is to be kept in a file: bound when asked, or when the one before was. */
export function keptKey(file: string, privateKeyPem: string, bound = false): string {
  const wasBound = existsSync(file) && isBoundKey(secretText(file))
  return bound || wasBound ? `${sealBound(privateKeyPem, readBinding())}\n` : privateKeyPem
}
