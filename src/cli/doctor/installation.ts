import { existsSync, statfsSync } from 'node:fs'
import { type CheckOutcome, failed, ok, type Surroundings, skipped, warning } from './outcome.ts'

const FREE_PERCENT_MIN = 10
/** A tenth of a large disk is room enough. */
const FREE_BYTES_MIN = 10 * 1024 ** 3
const UNIT = '/etc/systemd/system/writ.service'
/** File systems whose locks or shared memory a WAL can not rely on, by the number Linux has. */
const NETWORKED: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x01021997, '9p'],
  [0x65735546, 'FUSE'],
])

/** What tells of a file system; `statfs` unless a test says otherwise. */
export type LookAtDisk = (path: string) => {
  readonly type: number
  readonly bsize: number
  readonly blocks: number
  readonly bavail: number
}

/** Room on the disk of the store, and whether a WAL may live there. */
export async function disk(
  { config }: Pick<Surroundings, 'config'>,
  look: LookAtDisk = statfsSync,
): Promise<readonly CheckOutcome[]> {
  const path = config.data_dir
  if (!existsSync(path)) return [skipped('disk', `${path} is not there yet.`)]
  const { type, bsize, blocks, bavail } = look(path)
  const percent = blocks === 0 ? 100 : Math.floor((100 * bavail) / blocks)
  const room = `${percent} % of the disk of ${path} are free`
  const tight = percent < FREE_PERCENT_MIN && bavail * bsize < FREE_BYTES_MIN
  const kind = NETWORKED.get(type)
  const usesFile = config.database_url === '' && config.database_url_file === ''
  return [
    tight ? failed('disk', room, 'Make room: a full disk refuses every call.') : ok('disk', room),
    kind !== undefined && usesFile
      ? failed('file system', `${path} is on ${kind}.`, 'Name a local disk: --data-dir FOLDER')
      : ok('file system', `${path} is on a disk of this machine`),
  ]
}

/** Rules in files, as a process would read them. */
export async function policies({ config }: Pick<Surroundings, 'config'>) {
  const name = 'policies'
  const { policy_dir: folder } = config
  if (folder === '') return [skipped(name, 'No folder of policies is set.')]
  const [{ readPolicyFolder, unexpected }, { problemText }] = await Promise.all([
    import('../../policy/read-folder.ts'),
    import('../../policy/source.ts'),
  ])
  const read = await readPolicyFolder(folder).catch((cause: unknown) => String(cause))
  const remedy = `writ policy check ${folder}`
  if (typeof read === 'string') return [failed(name, read, remedy)]
  if (read.ok) {
    const { files } = read.names
    const detail = `${read.set.rules.length} rules in ${folder}, of ${files.join(', ')}`
    const others = unexpected(read.names).map((other) => `${other.name} is not read: ${other.why}.`)
    return others.length === 0
      ? [ok(name, detail)]
      : [warning(name, `${detail}. ${others.join(' ')}`, `Keep them elsewhere: ${remedy}`)]
  }
  return read.problems.map((problem) => failed(name, problemText(folder, problem), remedy))
}

/** Variables that send requests of other programs through a proxy; our own are not sent there. */
export async function proxies({ env }: Pick<Surroundings, 'env'>) {
  const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY']
  const set = names.filter((name) => env[name] || env[name.toLowerCase()])
  if (set.length === 0) return [ok('proxy', 'no variable names an HTTP proxy')]
  const detail = `${set.join(', ')} is set; Writ connects directly and does not read it.`
  return [
    warning('proxy', detail, `unset ${set.join(' ')}, or let Writ reach its upstreams itself`),
  ]
}

/** The console that people are shown. */
export async function consoleFiles() {
  const { openConsole } = await import('../../compose/console.ts')
  if (openConsole() !== undefined) return [ok('console', 'is built')]
  return [warning('console', 'The console is not built.', 'npm run build:console')]
}

/** Whether a service is set up here; a process started by hand does without. */
export async function unit(_surroundings: unknown, file: string = UNIT) {
  if (existsSync(file)) return [ok('systemd unit', `${file} is there`)]
  return [skipped('systemd unit', `There is no ${file}: writ init makes one.`)]
}
