import { CONFORMANCE } from './expected.ts'
import { reasonFor, runScenarios, surprises } from './run.ts'

/**
 * `npm run conformance`: the tool that MCP's makers test servers with. It needs Node 22, so that
 * npx brings a Node for it; the server under test runs on this one.
 */
const packages = ['-p', 'node@24', '-p', `@modelcontextprotocol/conformance@${CONFORMANCE}`]
const found = await runScenarios(['npx', '--yes', ...packages, '--', 'conformance'])
for (const { revision, name, whole } of found) {
  process.stdout.write(`${revision} ${whole ? 'pass' : 'no  '} ${name}`)
  process.stdout.write(whole ? '\n' : `: ${reasonFor(name) ?? 'no reason is known'}\n`)
}
const wrong = surprises(found)
for (const sentence of wrong) process.stderr.write(`${sentence}\n`)
process.exitCode = wrong.length === 0 && found.length > 0 ? 0 : 1
