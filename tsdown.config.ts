import { defineConfig } from 'tsdown'

/** The command and what other programs import; one file each, types beside them. */
export default defineConfig({
  entry: {
    'cli/main': 'src/cli/main.ts',
    'client/index': 'src/client/index.ts',
    'middleware/index': 'src/middleware/index.ts',
    'middleware/express': 'src/middleware/express.ts',
    'middleware/fastify': 'src/middleware/fastify.ts',
    'middleware/fetch': 'src/middleware/fetch.ts',
    'middleware/mcp': 'src/middleware/mcp.ts',
    'middleware/a2a': 'src/middleware/a2a.ts',
  },
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  dts: true,
  clean: true,
})
