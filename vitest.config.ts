import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // The default leaves one core to Vitest itself, which on two cores means one file at a time.
    maxWorkers: '100%',
    globalSetup: ['test/support/temporary-folder.ts'],
  },
})
