import { once } from 'node:events'
import { connect } from 'node:tls'
import { type Ask, type Asks, asker, done, type Member, type Seen } from './deployment.ts'
import { RESOURCE, type Site } from './site.ts'
import { leaksOf } from './spellings.ts'
import { inSmallLetters, viewsOf } from './views.ts'
import { Witness } from './witness.ts'

/** An agent whose code an attacker wrote; one attempt has a witness of its own. */
export class Hostile {
  readonly site: Site
  readonly me: Member
  readonly lease: string
  readonly witness = new Witness()
  readonly #gateway: Asks
  /** At the listener of agents, with its certificate. */
  readonly api: Asks

  constructor(site: Site, me: Member, lease: string) {
    this.site = site
    this.me = me
    this.lease = lease
    const { at } = site.deployment
    const connections = { connections: me.connections }
    this.#gateway = asker(this.witness, 'mallory', at.gateway, connections)
    this.api = asker(this.witness, 'mallory', at.agents, connections)
  }

  /** A fresh call token. */
  async token(): Promise<string> {
    const body = { lease_id: this.lease, audience: RESOURCE }
    return (await done(this.me.ask('POST', '/v1/tokens', { body }))).tokens[0].token
  }

  /** A call at the gateway under a fresh token; undefined when it was broken off. */
  async call(method: string, path: string, ask: Ask = {}): Promise<Seen | undefined> {
    const headers = { authorization: `Bearer ${await this.token()}`, ...ask.headers }
    return this.#gateway(method, path, { ...ask, headers }).catch(() => undefined)
  }

  /** Sends bytes of its own making to the gateway, and reads what comes until it is quiet. */
  async raw(...requests: readonly string[]): Promise<void> {
    const { hostname: host, port } = new URL(this.site.deployment.at.gateway)
    const { key, certificate: cert, ca } = this.me
    const socket = connect({ host, port: Number(port), key, cert, ca })
    await once(socket, 'secureConnect')
    socket.on('data', (bytes: Buffer) => this.witness.saw('raw bytes', bytes))
    socket.on('error', () => undefined)
    for (const request of requests) socket.write(request)
    socket.setTimeout(500, () => socket.destroy())
    await once(socket, 'close')
  }

  /** Every secret of the deployment that was told to it, by name and form. */
  gained(): readonly string[] {
    const places = this.witness.places().flatMap(viewsOf)
    const small = places.map(inSmallLetters)
    return this.site.witness.planted.flatMap(({ what, secret }) =>
      [...leaksOf(secret, places), ...leaksOf(secret.toLowerCase(), small)].map(
        ({ place, form }) => `${what}: ${place} (${form})`,
      ),
    )
  }
}
