import type { AgentUri, CertificateThumbprint } from '../../../src/domain/ids.ts'
import { DEFAULT_TENANT } from '../../../src/domain/ids.ts'
import { accept } from '../../../src/domain/result.ts'
import { createListener } from '../../../src/listener/app.ts'
import { createHealth } from '../../../src/listener/health.ts'
import { listen } from '../../../src/listener/serve.ts'
import { createLog } from '../../../src/log.ts'
import { mcpRow } from '../../../src/mcp/endpoint.ts'
import { openDeployment } from '../../support/http.ts'

/** The MCP face over plain HTTP on loopback, as the tool wants it. */
export interface ServedForConformance {
  readonly url: string
  close(): Promise<void>
}

/**
 * Serves it. The conformance tool shows no certificate, so that one agent stands for whoever asks;
 * the row, the guards before it and the sessions behind it are those of the product.
 */
export async function serveForConformance(): Promise<ServedForConformance> {
  const site = await openDeployment()
  const agent = await site.enroll('conformance', {
    terms: { categories: ['api_key'], actions: true, approval_mode: 'auto_within_contract' },
  })
  const { world, metrics } = site
  const row = mcpRow()
  const app = createListener(
    'agents',
    {
      ...{ world, metrics, hosts: [] },
      log: createLog({ level: 'silent' }),
      health: createHealth(),
      limits: { callerRequestsPerMinute: 10_000 },
    },
    [
      {
        ...row,
        identify: () => async (c) =>
          accept({
            kind: 'agent',
            tenant: DEFAULT_TENANT,
            request: c.get('requestId'),
            uri: agent.uri as AgentUri,
            certificate: agent.thumbprint as CertificateThumbprint,
          }),
      },
    ],
  )
  const listening = await listen(app, { host: '127.0.0.1', port: 0 })
  return {
    url: `http://127.0.0.1:${listening.port}/mcp`,
    async close() {
      await listening.close(100)
      await site.close()
    },
  }
}
