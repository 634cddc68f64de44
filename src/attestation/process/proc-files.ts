import { createHash } from 'node:crypto'
import { open, readFile, readlink, stat } from 'node:fs/promises'
import { PROCESS_BINARY_BYTES_MAX } from '../../domain/limits.ts'

/** What the kernel says of a process now. */
export interface ProcStat {
  readonly startTime: bigint
  /** One letter; `Z` and `X` are dead. */
  readonly state: string
}

/** Which file a process runs, without reading it. */
export interface ExeFile {
  /** Device, inode, size and times: another text for another file or another content. */
  readonly key: string
  readonly size: bigint
}

const HASHES_KEPT = 64
const hashes = new Map<string, Buffer>()

/**
 * State and start time out of `/proc/<pid>/stat` (proc_pid_stat(5), fields 3 and 22). The name of
 * the program stands in parentheses and may hold spaces and parentheses, so fields are counted from
 * the last one that closes. Undefined when the text is not of that form.
 */
export function parseStat(text: string): ProcStat | undefined {
  const end = text.lastIndexOf(')')
  if (end < 0) return undefined
  const fields = text
    .slice(end + 1)
    .trim()
    .split(' ')
  const [state] = fields
  const startTime = fields[22 - 3]
  if (state === undefined || !/^[A-Za-z]$/.test(state)) return undefined
  if (startTime === undefined || !/^\d{1,20}$/.test(startTime)) return undefined
  return { state, startTime: BigInt(startTime) }
}

/**
 * The user out of `/proc/<pid>/status`. Real, effective, saved and file system user have to be one:
 * a process between two users is nobody in particular. Undefined otherwise.
 */
export function parseUid(text: string): number | undefined {
  const ids = /^Uid:\t(\d+)\t(\d+)\t(\d+)\t(\d+)$/m.exec(text)?.slice(1)
  if (ids === undefined || new Set(ids).size !== 1) return undefined
  const uid = Number(ids[0])
  return uid <= 0xffff_ffff ? uid : undefined
}

/** What the kernel says of a process; undefined when it is gone. Rejects when it is not told. */
export async function readStat(pid: number): Promise<ProcStat | undefined> {
  try {
    return parseStat(await readFile(`/proc/${pid}/stat`, 'utf8'))
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}

/** The user of a process; undefined when it is none in particular. */
export async function readUid(pid: number): Promise<number | undefined> {
  return parseUid(await readFile(`/proc/${pid}/status`, 'utf8'))
}

/** Which file a process runs; the link is followed by the kernel, even when the name is gone. */
export async function readExe(pid: number): Promise<ExeFile> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(`/proc/${pid}/exe`, { bigint: true })
  return { key: `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`, size }
}

/**
 * SHA-256 of the file a process runs, at most PROCESS_BINARY_BYTES_MAX of it. Hashes are kept by
 * file, since runtimes are large and many agents run the same one; the kernel lets nobody write to
 * a file that runs.
 */
export async function hashExe(pid: number): Promise<Buffer> {
  const file = await open(`/proc/${pid}/exe`, 'r')
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await file.stat({ bigint: true })
    if (size > BigInt(PROCESS_BINARY_BYTES_MAX)) throw new RangeError('the binary is too large')
    const key = `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`
    const known = hashes.get(key)
    if (known !== undefined) return known
    const hash = createHash('sha256')
    for await (const chunk of file.createReadStream({ autoClose: false })) {
      hash.update(chunk as Buffer)
    }
    const digest = hash.digest()
    if (hashes.size >= HASHES_KEPT) hashes.clear()
    hashes.set(key, digest)
    return digest
  } finally {
    await file.close()
  }
}

/**
 * Names this machine since its last boot, and the namespace its process ids are of: start times and
 * pids mean something only together with it.
 */
export async function readHost(): Promise<string> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8')
  return `${boot.trim()}/${await readlink('/proc/self/ns/pid')}`
}

/** Whether an error of the file system says that a process has ended. */
export function isGone(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown }
  return code === 'ENOENT' || code === 'ESRCH'
}
