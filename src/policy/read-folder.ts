import { type KeyObject, verify } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { POLICY_FILE_BYTES_MAX, POLICY_FILES_MAX } from '../domain/limits.ts'
import type { PolicyText, ReadSet } from './read-set.ts'
import { readPolicySet } from './read-set.ts'
import type { Problem } from './rule.ts'

/** Bits of a mode that let somebody else than the owner write. */
const OTHERS_WRITE = 0o022

type Refused = Extract<ReadSet, { readonly ok: false }>

/** What is asked of the folder beside its texts. */
export interface FolderRules {
  /** Every file then needs a signature of this key beside it: `<file>.sig` (CDPX-23). */
  readonly signedBy?: KeyObject | undefined
}

/**
 * Reads every `*.toml` of a folder as one set. Refused as a whole: a folder or file that others may
 * write, that belongs to a stranger or is too large, and whatever `readPolicySet` refuses. Names
 * that begin with a dot are an editor's own. Throws nothing: what can not be read is a problem.
 */
export async function readPolicyFolder(folder: string, rules: FolderRules = {}): Promise<ReadSet> {
  const read = await readPolicyTexts(folder, rules)
  return read.ok ? readPolicySet(read.files) : read
}

/** The texts of a folder, before anybody looks what is in them. */
export async function readPolicyTexts(
  folder: string,
  rules: FolderRules = {},
): Promise<{ readonly ok: true; readonly files: readonly PolicyText[] } | Refused> {
  const files: PolicyText[] = []
  const problems: Problem[] = []
  const names = await namesIn(folder)
  if (typeof names === 'string') return refuse([{ file: '', line: 1, reason: names }])
  for (const name of names) {
    const read = await readOne(folder, name, rules)
    if (typeof read === 'string') problems.push({ file: name, line: 1, reason: read })
    else files.push({ name, text: read.text })
  }
  return problems.length > 0 ? refuse(problems) : { ok: true, files }
}

function refuse(problems: readonly Problem[]): Refused {
  return { ok: false, problems }
}

/** The bytes a policy key signs: also the file's name, so that none stands for another. */
export function policyStatement(name: string, text: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`writ policy v1\n${name}\n`, 'utf8'), text])
}

async function namesIn(folder: string): Promise<readonly string[] | string> {
  try {
    const { mode, uid } = await stat(folder)
    const wrong = strangers(mode, uid)
    if (wrong !== undefined) return `the folder ${wrong}`
    const names = (await readdir(folder)).filter(
      (name) => name.endsWith('.toml') && !name.startsWith('.'),
    )
    return names.length > POLICY_FILES_MAX
      ? `more than ${POLICY_FILES_MAX} files`
      : names.toSorted()
  } catch (error) {
    return `the folder can not be read (${codeOf(error)})`
  }
}

async function readOne(
  folder: string,
  name: string,
  { signedBy }: FolderRules,
): Promise<{ readonly text: string } | string> {
  const bytes = await readBytes(join(folder, name), POLICY_FILE_BYTES_MAX)
  if (typeof bytes === 'string') return bytes
  if (signedBy !== undefined) {
    const signature = await readBytes(join(folder, `${name}.sig`), 256)
    if (typeof signature === 'string') return `its signature: ${signature}`
    const raw = Buffer.from(signature.toString('latin1').trim(), 'base64url')
    const holds = verify(null, policyStatement(name, bytes), signedBy, raw)
    if (!holds) return 'its signature is not by the configured key'
  }
  const text = bytes.toString('utf8')
  return Buffer.from(text, 'utf8').equals(bytes) ? { text } : 'this is not UTF-8'
}

/** What was looked at is what is read: both through one handle. */
async function readBytes(path: string, max: number): Promise<Buffer | string> {
  let file: FileHandle | undefined
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const found = await file.stat()
    if (!found.isFile()) return 'this is not a file'
    const wrong = strangers(found.mode, found.uid)
    if (wrong !== undefined) return wrong
    if (found.size > max) return `longer than ${max} bytes`
    return await file.readFile()
  } catch (error) {
    return `can not be read (${codeOf(error)})`
  } finally {
    await file?.close()
  }
}

function strangers(mode: number, uid: number): string | undefined {
  if ((mode & OTHERS_WRITE) !== 0) return 'may be written by others than its owner; chmod go-w'
  const own = process.getuid?.()
  return own === undefined || uid === own || uid === 0 ? undefined : 'belongs to somebody else'
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : 'unknown'
}
