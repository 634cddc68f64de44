import { resolve } from 'node:path'
import type { Config } from '../settings/config.ts'
import { writeSecret } from './secret-file.ts'
import { IDENTITY_FILES } from './settings.ts'

/**
 * Where the api listener shows a certificate of our own authority, people need its root: it is put
 * beside the keys. Answers the file; undefined where nobody needs it.
 */
export function keepRoot(
  config: Config,
  { rootPem }: { readonly rootPem: string },
): string | undefined {
  const isOwn = config['listeners.api_tls'] !== 'off' && config['listeners.api_certificate'] === ''
  if (!isOwn) return undefined
  const file = resolve(config.keys_dir, IDENTITY_FILES.ca)
  writeSecret(file, rootPem)
  return file
}
