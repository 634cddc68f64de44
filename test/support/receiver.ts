import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One message as it arrived. */
export interface Arrived {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A receiver of webhooks on this machine. */
export interface Receiver {
  readonly url: string
  readonly arrived: Arrived[]
  /** What it answers from now on; 204 at first. */
  status: number
  /** Waits until so many have arrived; throws after ten seconds. */
  have(count: number): Promise<readonly Arrived[]>
  close(): void
}

/** Starts a receiver at a port the system chose. */
export async function startReceiver(): Promise<Receiver> {
  const arrived: Arrived[] = []
  const server = createServer((asked, answer) => {
    const chunks: Buffer[] = []
    asked.on('data', (chunk: Buffer) => chunks.push(chunk))
    asked.on('end', () => {
      arrived.push({ headers: asked.headers, body: Buffer.concat(chunks).toString() })
      answer.writeHead(receiver.status).end()
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/writ`,
    arrived,
    status: 204,
    async have(count) {
      for (let waited = 0; arrived.length < count; waited += 20) {
        if (waited > 10_000) throw new Error(`${arrived.length} of ${count} arrived`)
        await new Promise((resolve) => {
          setTimeout(resolve, 20)
        })
      }
      return arrived
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
  return receiver
}
