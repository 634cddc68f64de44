import { type KeyObject, verify } from 'node:crypto'
import { constants, type Dirent } from 'node:fs'
import { type FileHandle, open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { POLICY_FILE_BYTES_MAX, POLICY_FILES_MAX } from '../domain/limits.ts'
import type { PolicyText, ReadSet } from './read-set.ts'
import { readPolicySet } from './read-set.ts'
import type { Problem } from './rule.ts'

/** Bits of a mode that let somebody else than the owner write. */
const OTHERS_WRITE = 0o022

type Refused = Extract<ReadSet, { readonly ok: false }>

/** A name in the folder that was not read, and why, as the end of a sentence. */
export interface PassedOver {
  readonly name: string
  readonly why: string
}

/** What became of each name in the folder; signatures go with their files. */
export interface FolderNames {
  /** In the order of their names. */
  readonly files: readonly string[]
  readonly passedOver: readonly PassedOver[]
}

/** A set, or what is wrong with it, and which names it was read from. */
export type ReadFolder = ReadSet & { readonly names: FolderNames }

const NO_NAMES: FolderNames = { files: [], passedOver: [] }

/** What is asked of the folder beside its texts. */
export interface FolderRules {
  /** Every file then needs a signature of this key beside it: `<file>.sig` (CDPX-23). */
  readonly signedBy?: KeyObject | undefined
}

/**
 * Reads every `*.toml` of a folder as one set. Refused as a whole: a folder or file that others may
 * write, that belongs to a stranger or is too large, an ending as in `DENY.TOML`, which was surely
 * meant to be read, and whatever `readPolicySet` refuses. Names that begin with a dot are an
 * editor's own, or of a mounted volume; they and all others are passed over, and told. Throws
 * nothing: what can not be read is a problem.
 */
export async function readPolicyFolder(
  folder: string,
  rules: FolderRules = {},
): Promise<ReadFolder> {
  const read = await readPolicyTexts(folder, rules)
  return read.ok ? { ...readPolicySet(read.files), names: read.names } : read
}

/** Whether a name was passed over that is not hidden: somebody may think it was read. */
export function unexpected({ passedOver }: FolderNames): readonly PassedOver[] {
  return passedOver.filter(({ name }) => !isHidden(name))
}

/** The texts of a folder, before anybody looks what is in them. */
export async function readPolicyTexts(
  folder: string,
  rules: FolderRules = {},
): Promise<
  ({ readonly ok: true; readonly files: readonly PolicyText[] } | Refused) & {
    readonly names: FolderNames
  }
> {
  const files: PolicyText[] = []
  const problems: Problem[] = []
  const names = await namesIn(folder)
  if (typeof names === 'string') {
    return { ...refuse([{ file: '', line: 1, reason: names }]), names: NO_NAMES }
  }
  for (const name of names.files) {
    const read = await readOne(folder, name, rules)
    if (typeof read === 'string') problems.push({ file: name, line: 1, reason: read })
    else files.push({ name, text: read.text })
  }
  return problems.length > 0 ? { ...refuse(problems), names } : { ok: true, files, names }
}

function refuse(problems: readonly Problem[]): Refused {
  return { ok: false, problems }
}

/** The bytes a policy key signs: also the file's name, so that none stands for another. */
export function policyStatement(name: string, text: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`writ policy v1\n${name}\n`, 'utf8'), text])
}

async function namesIn(folder: string): Promise<FolderNames | string> {
  try {
    const { mode, uid } = await stat(folder)
    const wrong = strangers(mode, uid)
    if (wrong !== undefined) return `the folder ${wrong}`
    const found = await readdir(folder, { withFileTypes: true })
    const entries = found.toSorted((a, b) => (a.name < b.name ? -1 : 1))
    const files = entries.flatMap(({ name }) => (isRead(name) ? [name] : []))
    if (files.length > POLICY_FILES_MAX) return `more than ${POLICY_FILES_MAX} files`
    const signatures = new Set(files.map((name) => `${name}.sig`))
    const rest = entries.filter(({ name }) => !isRead(name) && !signatures.has(name))
    return { files, passedOver: rest.map((entry) => ({ name: entry.name, why: whyNot(entry) })) }
  } catch (error) {
    return `the folder can not be read (${codeOf(error)})`
  }
}

/** Also a name that is refused for the letters of its ending. */
function isRead(name: string): boolean {
  return !isHidden(name) && name.toLowerCase().endsWith('.toml')
}

function isHidden(name: string): boolean {
  return name.startsWith('.')
}

function whyNot(entry: Dirent): string {
  if (isHidden(entry.name)) return 'its name begins with a dot'
  return entry.isDirectory() ? 'it is a folder' : 'its name does not end in .toml'
}

async function readOne(
  folder: string,
  name: string,
  { signedBy }: FolderRules,
): Promise<{ readonly text: string } | string> {
  if (!name.endsWith('.toml')) return 'its name has to end in .toml, in small letters'
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
