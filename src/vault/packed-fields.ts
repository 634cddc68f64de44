import { Secret, type SecretFields } from './secret.ts'

/**
 * Parts as bytes for sealing: for each, the length of its name, the name, the length of its value
 * (32 bits, big endian), the value. Bytes and no JSON, so that no text of a secret is made. The
 * caller overwrites the answer.
 */
export function packFields(fields: SecretFields): Buffer {
  const entries = Object.entries(fields)
  const size = entries.reduce(
    (sum, [name, secret]) => sum + 5 + name.length + secret.use((bytes) => bytes.length),
    0,
  )
  const packed = Buffer.alloc(size)
  let at = 0
  for (const [name, secret] of entries) {
    at = packed.writeUInt8(name.length, at)
    at += packed.write(name, at, 'latin1')
    secret.use((bytes) => {
      at = packed.writeUInt32BE(bytes.length, at)
      at += bytes.copy(packed, at)
    })
  }
  return packed
}

/** The parts again, as copies. Throws when the bytes are not what `packFields` made. */
export function unpackFields(packed: Buffer): SecretFields {
  const fields = new Map<string, Secret>()
  let at = 0
  while (at < packed.length) {
    const nameEnd = at + 1 + packed.readUInt8(at)
    const name = packed.toString('latin1', at + 1, nameEnd)
    const start = nameEnd + 4
    const end = start + packed.readUInt32BE(nameEnd)
    if (end > packed.length) throw new RangeError('The sealed parts are cut short.')
    fields.set(name, Secret.of(packed.subarray(start, end)))
    at = end
  }
  return Object.fromEntries(fields)
}
