import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Ports to which a process that was ended may come back. They lie below those that systems give to
 * whoever asks for any port (from 32768 on Linux, from 49152 elsewhere), so that nobody gets them
 * in between by chance.
 */
const RETURNING = { first: 10_240, last: 32_767 }

/**
 * Answers as many ports of 127.0.0.1 at which nobody listens.
 *
 * @param claim says whether a port may be taken; once it said yes the port counts as taken.
 */
export async function freePorts(
  count: number,
  claim: (port: number) => boolean = () => true,
): Promise<readonly number[]> {
  const { first, last } = RETURNING
  const size = last - first + 1
  const start = randomInt(size)
  const ports: number[] = []
  for (let at = 0; at < size && ports.length < count; at += 1) {
    const port = first + ((start + at) % size)
    if (claim(port) && (await isFree(port))) ports.push(port)
  }
  if (ports.length < count) throw new Error(`${count} free ports are not to be had.`)
  return ports
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening')
  } catch {
    return false
  }
  await once(server.close(), 'close')
  return true
}
