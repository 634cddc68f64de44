import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { request } from 'undici'

/** How often it asks each process whether it may be sent work. */
const PROBE_MS = 50

/** One process behind a balancer: where connections go, and whom to ask. */
export interface Backend {
  readonly url: string
  /** The listener that tells at `/readyz`. */
  readonly health: string
}

/** Hands each new connection to the next process that says it is ready. */
export interface Balancer {
  /** Its address, with the scheme of the processes behind it. */
  readonly url: string
  /** How many connections each process got. */
  readonly given: readonly number[]
  close(): void
}

/** Starts one that knows nothing of what goes over its connections, like most. */
export async function startBalancer(backends: readonly Backend[]): Promise<Balancer> {
  const ready = backends.map(() => true)
  const given = backends.map(() => 0)
  const open = new Set<Socket>()
  const probes = backends.map(({ health }, at) =>
    setInterval(async () => {
      const answer = await request(`${health}/readyz`, { headersTimeout: 1_000 }).catch(() => null)
      await answer?.body.dump()
      ready[at] = answer?.statusCode === 200
    }, PROBE_MS),
  )
  let turn = 0
  const server = createServer((client) => {
    const choice = [...backends.keys()].filter((at) => ready[at])
    turn += 1
    const at = choice[turn % choice.length]
    if (at === undefined) return void client.destroy()
    given[at] = (given[at] ?? 0) + 1
    const { hostname, port } = new URL(backends[at]?.url ?? '')
    join(client, connect(Number(port), hostname), open)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { protocol } = new URL(backends[0]?.url ?? '')
  return {
    url: `${protocol}//127.0.0.1:${(server.address() as AddressInfo).port}`,
    given,
    close() {
      for (const probe of probes) clearInterval(probe)
      for (const socket of open) socket.destroy()
      server.close()
    },
  }
}

function join(client: Socket, backend: Socket, open: Set<Socket>): void {
  for (const [one, other] of [
    [client, backend],
    [backend, client],
  ] as const) {
    open.add(one)
    one.setNoDelay(true)
    one.pipe(other)
    one.on('error', () => other.destroy())
    one.on('close', () => open.delete(one))
  }
}
