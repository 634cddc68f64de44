import { BlockList, isIP } from 'node:net'

/** Whether this is an address at all. */
export function isAddress(text: string | undefined): boolean {
  return text !== undefined && isIP(text) !== 0
}

/** Whether an address is one of these, or within one of these prefixes. */
export function addressIn(networks: readonly string[], address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address
  const family = isIP(mapped)
  if (family === 0) return false
  const list = new BlockList()
  for (const network of networks) {
    const [base = '', bits] = network.split('/')
    const type = isIP(base) === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(base, type)
    else list.addSubnet(base, Number(bits), type)
  }
  return list.check(mapped, family === 6 ? 'ipv6' : 'ipv4')
}

/** Whether a text is an address, or a prefix such as `10.1.0.0/16`; `/0` would say nothing. */
export function isNetwork(text: string): boolean {
  const [base = '', bits, more] = text.split('/')
  const family = isIP(base)
  if (family === 0 || more !== undefined || base.includes('%')) return false
  if (bits === undefined) return true
  return /^(?:[1-9]\d?|1[01]\d|12[0-8])$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32)
}
