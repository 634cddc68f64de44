import { readdir, readFile, readlink } from 'node:fs/promises'
import { BlockList, isIPv4, isIPv6 } from 'node:net'
import { endianness } from 'node:os'
import type { ConnectionEnds } from '../../domain/attestation.ts'

/** The socket at the other end of a connection within this machine. */
export interface PeerSocket {
  readonly inode: string
  readonly uid: number
}

const ESTABLISHED = '01'
const MAPPED = '00000000000000000000ffff'
const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')
loopback.addSubnet('::ffff:127.0.0.0', 104, 'ipv6')

/** Whether both ends are loopback addresses, so that the peer is a process of this machine. */
export function isLocal({ localAddress, remoteAddress }: ConnectionEnds): boolean {
  return [localAddress, remoteAddress].every((address) => {
    if (isIPv4(address)) return loopback.check(address, 'ipv4')
    return isIPv6(address) && loopback.check(address, 'ipv6')
  })
}

/**
 * The peer's socket in a text of `/proc/net/tcp` or `tcp6`: the established one whose own end is
 * our remote end, and the other way round. Undefined when there is none, or more than one.
 */
export function findSocket(table: string, ends: ConnectionEnds): PeerSocket | undefined {
  const own = endOf(ends.remoteAddress, ends.remotePort)
  const other = endOf(ends.localAddress, ends.localPort)
  const found: PeerSocket[] = []
  for (const line of table.split('\n').slice(1)) {
    const fields = line.trim().split(/ +/)
    const [, local, remote, state, , , , uid, , inode] = fields
    if (local === undefined || remote === undefined || state !== ESTABLISHED) continue
    if (normalEnd(local) !== own || normalEnd(remote) !== other) continue
    if (uid === undefined || inode === undefined || inode === '0') continue
    found.push({ inode, uid: Number(uid) })
  }
  return found.length === 1 ? found[0] : undefined
}

/** The peer's socket from this machine's tables; undefined when it is not one socket exactly. */
export async function peerSocket(ends: ConnectionEnds): Promise<PeerSocket | undefined> {
  const tables = await Promise.all([
    readFile('/proc/net/tcp', 'utf8'),
    readFile('/proc/net/tcp6', 'utf8').catch(() => ''),
  ])
  const found = tables.map((table) => findSocket(table, ends)).filter((one) => one !== undefined)
  return found.length === 1 ? found[0] : undefined
}

/**
 * The processes that hold a socket, as far as this process may look. Two of them mean that nobody
 * can tell which one speaks.
 */
export async function holdersOf(inode: string): Promise<readonly number[]> {
  const holders: number[] = []
  for (const name of await readdir('/proc')) {
    if (/^\d+$/.test(name) && (await holdsSocket(Number(name), inode))) holders.push(Number(name))
  }
  return holders
}

/** Whether a process holds a socket; false as well when its files may not be seen. */
export async function holdsSocket(pid: number, inode: string): Promise<boolean> {
  const folder = `/proc/${pid}/fd`
  const names = await readdir(folder).catch(() => [])
  const links = await Promise.all(
    names.map((name) => readlink(`${folder}/${name}`).catch(() => '')),
  )
  return links.includes(`socket:[${inode}]`)
}

/** 32 lowercase hex digits of the address, and four of the port; IPv4 as it is mapped into IPv6. */
function endOf(address: string, port: number): string {
  return `${hexOf(address)}:${port.toString(16).padStart(4, '0')}`
}

function hexOf(address: string): string {
  const [plain = ''] = address.split('%')
  const dotted = /^(?:::ffff:)?(\d+)\.(\d+)\.(\d+)\.(\d+)$/i.exec(plain)?.slice(1)
  if (dotted !== undefined) return MAPPED + Buffer.from(dotted.map(Number)).toString('hex')
  const [head = '', tail] = plain.toLowerCase().split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0')
  return [...left, ...zeros, ...right].map((group) => group.padStart(4, '0')).join('')
}

/** `0100007F:1F90` as the kernel writes it, words in its own byte order, in the form of `endOf`. */
function normalEnd(end: string): string {
  const [address = '', port = ''] = end.toLowerCase().split(':')
  const words = address.match(/.{8}/g) ?? []
  const bytes = words.map((word) => {
    const buffer = Buffer.from(word, 'hex')
    return (endianness() === 'LE' ? buffer.reverse() : buffer).toString('hex')
  })
  return `${words.length === 1 ? MAPPED : ''}${bytes.join('')}:${port}`
}
