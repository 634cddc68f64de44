/**
 * Eight groups of 16 bits of an IPv6 address in any RFC 4291 spelling, or undefined. Zone ids and
 * brackets are not part of an address.
 */
export function parseIpv6(text: string): readonly number[] | undefined {
  if (text.length > 45) return undefined
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [left = '', right] = halves
  const head = parseGroups(left, right === undefined)
  if (head === undefined || right === undefined) return head?.length === 8 ? head : undefined
  const tail = parseGroups(right, true)
  if (tail === undefined || head.length + tail.length > 7) return undefined
  const zeros = new Array<number>(8 - head.length - tail.length).fill(0)
  return [...head, ...zeros, ...tail]
}

/** RFC 5952 text, always in hexadecimal groups: one text for each address. */
export function formatIpv6(groups: readonly number[]): string {
  const { start, length } = longestZeros(groups)
  const words = groups.map((group) => group.toString(16))
  if (length < 2) return words.join(':')
  return `${words.slice(0, start).join(':')}::${words.slice(start + length).join(':')}`
}

/** 32 bits of a dotted decimal IPv4 address in its one canonical spelling, or undefined. */
export function parseIpv4(text: string): number | undefined {
  if (text.length > 15) return undefined
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  let bits = 0
  for (const part of parts) {
    if (!/^(?:0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return undefined
    bits = bits * 256 + Number(part)
  }
  return bits
}

/**
 * What the IANA registry does not call globally reachable, with multicast and the one address by
 * which a cloud (Azure) serves its machines among public ones: first address, bits.
 */
const IPV4_SPECIAL: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
]
const IPV4_BLOCKS = IPV4_SPECIAL.map(([first, bits]) => ({
  first: parseIpv4(first) ?? 0,
  last: (parseIpv4(first) ?? 0) + 2 ** (32 - bits) - 1,
}))

/**
 * Whether an address (no name; brackets and a zone id are taken off) is not plainly a public one:
 * private, loopback, link-local, shared, multicast, reserved, documentation, ULA, and every IPv6
 * range that carries an IPv4 address inside (mapped, NAT64, 6to4, Teredo). What is no address at
 * all counts as private, so that the answer fails closed.
 */
export function isPrivateAddress(text: string): boolean {
  const ipv4 = parseIpv4(text)
  if (ipv4 !== undefined)
    return IPV4_BLOCKS.some(({ first, last }) => ipv4 >= first && ipv4 <= last)
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text
  const groups = parseIpv6(bare.split('%', 1)[0] ?? '')
  return groups === undefined || !isPublicIpv6(groups)
}

/** Global unicast is 2000::/3 without the blocks IANA took out of it for special uses. */
function isPublicIpv6(groups: readonly number[]): boolean {
  const [first = 0, second = 0] = groups
  if (first < 0x2000 || first > 0x3fff) return false
  if (first === 0x2001 && (second < 0x0200 || second === 0x0db8)) return false
  return first !== 0x2002 && !(first === 0x3fff && second < 0x1000)
}

function parseGroups(text: string, mayEndInIpv4: boolean): readonly number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const words = text.split(':')
  for (const [index, word] of words.entries()) {
    const ipv4 = mayEndInIpv4 && index === words.length - 1 ? parseIpv4(word) : undefined
    if (ipv4 !== undefined) groups.push(Math.floor(ipv4 / 65536), ipv4 % 65536)
    else if (/^[0-9A-Fa-f]{1,4}$/.test(word)) groups.push(Number.parseInt(word, 16))
    else return undefined
  }
  return groups
}

function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  for (let start = 0; start < groups.length; start += 1) {
    let length = 0
    while (groups[start + length] === 0) length += 1
    if (length > best.length) best = { start, length }
  }
  return best
}
