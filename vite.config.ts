import { defineConfig } from 'vite'

/** The console: static files named by their content, nothing inline, nothing from elsewhere. */
export default defineConfig({
  root: 'src/console',
  base: '/console/',
  publicDir: 'public',
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../../dist/console',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: false,
    assetsInlineLimit: 0,
    cssCodeSplit: false,
  },
})
