import { defineConfig } from 'tsdown'

/** The command and what other programs import; one file each, types beside them. */
export default defineConfig({
  entry: { 'cli/main': 'src/cli/main.ts', 'middleware/index': 'src/middleware/index.ts' },
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  dts: true,
  clean: true,
})
