import { defineConfig } from 'vitest/config'

/**
 * The tests that mutation testing runs: the tables, which are pure and fast. Real sockets and
 * processes would make each mutant a minute, and thousands of drawn scopes a second, and both would
 * hide a table with a hole in it. `MUTATE_TESTS` names other folders of test.
 */
const folders = process.env['MUTATE_TESTS'] ?? 'domain,token,admission'

export default defineConfig({
  test: {
    include: folders.split(',').map((folder) => `test/${folder}/**/*.test.ts`),
    testTimeout: 20_000,
  },
})
