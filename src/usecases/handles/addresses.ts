import { BlockList, isIP } from 'node:net'

const PREFIX = /^(.+)\/(\d{1,3})$/

/** Whether a text is an IP address, or a prefix such as `10.1.0.0/16`. */
export function isAddressOrPrefix(text: string): boolean {
  const [, address = text, bits] = PREFIX.exec(text) ?? []
  const family = isIP(address)
  if (family === 0 || address.includes('%')) return false
  return bits === undefined || Number(bits) <= (family === 4 ? 32 : 128)
}

/** Whether an address is one of these, or within one of these prefixes. */
export function isAmong(addresses: readonly string[], address: string): boolean {
  const list = new BlockList()
  for (const text of addresses) {
    const [, prefix, bits] = PREFIX.exec(text) ?? []
    const family = isIP(prefix ?? text) === 4 ? 'ipv4' : 'ipv6'
    if (prefix === undefined) list.addAddress(text, family)
    else list.addSubnet(prefix, Number(bits), family)
  }
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  return isIP(plain) !== 0 && list.check(plain, isIP(plain) === 4 ? 'ipv4' : 'ipv6')
}
