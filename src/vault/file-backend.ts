import { join } from 'node:path'
import { parse } from 'smol-toml'
import { readJson } from '../domain/json.ts'
import { CREDENTIAL_FIELD_BYTES_MAX } from '../domain/limits.ts'
import type { Found, VaultBackend } from './credential-vault.ts'
import { memberFields } from './member-fields.ts'
import { type MasterKey, unseal } from './sealing.ts'
import { Secret } from './secret.ts'
import { readProvidedSecret } from './secret-file.ts'

/** What the name of a sealed file ends with. */
export const SEALED = '.sealed'
/** A file of several parts and their names; a larger one is not a credential. */
const FILE_BYTES = 4 * CREDENTIAL_FIELD_BYTES_MAX

/**
 * Secrets in files of one folder, read at each use; others must not be able to read them. A
 * reference is `path` or `path#part` below the folder. `.toml` and `.json` hold members; any other
 * file is the secret itself without the line end at its end. With `.sealed` behind its name a file
 * was sealed under the master key by `writ credential seal`.
 */
export function fileBackend(folder: string, master: MasterKey): VaultBackend {
  return {
    async open(credential, { reference }): Promise<Found> {
      if (reference === null) return { ok: false, reason: 'no_version' }
      const [path = '', part] = reference.split('#')
      const text = readText(join(folder, path), path, master)
      if (text === undefined) return { ok: false, reason: 'file_unreadable' }
      const kept = path.endsWith(SEALED) ? path.slice(0, -SEALED.length) : path
      if (kept.endsWith('.json')) {
        const read = readJson(text)
        return memberFields(read.ok ? read.value : null, credential.kind, part)
      }
      if (kept.endsWith('.toml')) return memberFields(readToml(text), credential.kind, part)
      if (part !== undefined) return { ok: false, reason: 'unfit' }
      return { ok: true, fields: { value: Secret.of(text.replace(/\r?\n$/, '')) } }
    },
  }
}

/** Where a sealed file of the folder is sealed to: it opens under no other name. */
export function fileLabel(path: string): string {
  return `credential-file/${path}`
}

/** Undefined for a file that is missing, open to others, too large or not sealed here. */
function readText(file: string, path: string, master: MasterKey): string | undefined {
  try {
    const text = readProvidedSecret(file)
    if (text.length > FILE_BYTES) return undefined
    if (!path.endsWith(SEALED)) return text
    const plain = unseal(master, fileLabel(path), text.trim())
    try {
      return plain.toString('utf8')
    } finally {
      plain.fill(0)
    }
  } catch {
    return undefined
  }
}

/** The error of the parser shows the line it stands at: it is not passed on. */
function readToml(text: string): unknown {
  try {
    return parse(text)
  } catch {
    return null
  }
}
