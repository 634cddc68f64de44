/** An MCP server whose tools are called by scope. `node --import tsx examples/mcp-server/main.ts` */
import { createServer } from 'node:https'
import { createAdaptorServer } from '@hono/node-server'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { Hono } from 'hono'
import { z } from 'zod'
import { createWrit, type ProtectedEnv } from '../../src/middleware/index.ts' // 'writ/middleware'
import { mcpTools } from '../../src/middleware/mcp.ts' // 'writ/middleware/mcp'
import { env, settings } from '../settings.ts'

const mcp = createMcpHandler(() => {
  const server = new McpServer({ name: 'library', version: '1.0.0' })
  const inputSchema = z.object({ q: z.string(), limit: z.number().int().optional() })
  server.registerTool('search', { description: 'Searches.', inputSchema }, ({ q, limit = 10 }) => ({
    content: [{ type: 'text', text: `${limit} books about ${q}` }],
  }))
  return server
})

const writ = createWrit(settings())
const app = new Hono<ProtectedEnv>()
app.use('/mcp', writ.protect(mcpTools({ server: env('AUDIENCE') })))
app.all('/mcp', (c) => mcp.fetch(c.req.raw))

const server = createAdaptorServer({
  fetch: app.fetch,
  createServer,
  serverOptions: { ...writ.tls },
})
server.listen(Number(env('PORT')), '127.0.0.1', () => console.log('ready'))
