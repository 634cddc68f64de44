import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    // What is waited for may take long on a slow machine; a test that has to be quick says so.
    expect: { poll: { timeout: 20_000 } },
    pool: 'forks',
    // The default leaves one core to Vitest itself, which on two cores means one file at a time.
    maxWorkers: '100%',
    globalSetup: ['test/support/temporary-folder.ts'],
  },
})
