import { call, openYard } from '../gateways.ts'
import { type Effort, inTurns, rate } from '../measure.ts'
import { atLeast, type Row } from '../row.ts'
import { signTokens } from '../stage.ts'

const CONNECTIONS = 64

/**
 * Calls through the mTLS gateway against a bare mTLS reverse proxy on the same libraries,
 * each in its own process, before the same upstream, from the same client, in turns.
 */
export async function benchGateway(effort: Effort): Promise<readonly Row[]> {
  const yard = await openYard(1)
  try {
    const [rounds, count] = (
      { tiny: [1, 200], quick: [3, 2_000], usual: [9, 6_000], full: [15, 8_000] } as const
    )[effort]
    const { stage, children, upstream } = yard
    const { ca, clock } = stage.world
    const tls = await ca.issueServer({ names: ['localhost', '127.0.0.1'], now: clock.now() })
    const bare = await children.start('bare-proxy', {
      cert: tls.certificatePem,
      key: tls.privateKeyPem,
      ca: ca.rootPem,
      upstream,
    })
    const toBare = yard.connect(`https://127.0.0.1:${bare.said['port']}`, CONNECTIONS)
    const toGateway = yard.connect(yard.gateways[0] ?? '', CONNECTIONS)
    const through = async (pool: typeof toBare, path: string): Promise<number> => {
      const tokens = await signTokens(stage, yard.leaf, yard.caller, count)
      return rate(tokens, CONNECTIONS, async (token) => {
        const status = await call(pool, path, token)
        if (status !== 200) throw new Error(`${path} answered ${status}`)
      })
    }
    const [baselines = [], values = []] = await inTurns(rounds, [
      () => through(toBare, '/reports/7'),
      () => through(toGateway, '/api/reports/7'),
    ])
    return [
      atLeast(0.6, {
        name: 'call through the mTLS gateway against a bare mTLS reverse proxy',
        unit: 'calls/s',
        values,
        baselines,
        note: 'client, proxy and upstream share the cores; the bare proxy checks a certificate only',
      }),
    ]
  } finally {
    await yard.end()
  }
}
