// Prints what each script of package.json is for, so that nobody has to read it to find out.
import { readFileSync } from 'node:fs'

const PURPOSE = {
  help: 'this list',
  start: 'serve on loopback with the embedded store, making keys on the first start',
  demo: 'the whole story with separate processes; --json for one machine-readable answer',
  test: 'all tests',
  check: 'format, lint, types, dead code, then all tests',
  bench:
    'the benchmarks; --json, --quick, --full, --sweep, --contenders, --profile, --keep, --docs',
  'bench:plots': 'the pictures of docs/operating/performance.md, from bench/results',
  simulate: 'random commands on Writ and on a reference model; --runs, --seed, --store, --json',
  faults: 'six processes under faults, judged by what clients saw; --ops, --seed, --store, --json',
  conformance: 'the scenarios of the MCP conformance tool, fetched by npx with a Node of its own',
  mutate: 'mutation testing of the domain, the tokens and admission',
  openapi: 'write openapi.yaml anew from the routes',
  'build:console': 'bundle the console alone into dist/console/',
  prepack: 'what npm pack and npm publish run first',
  reference: 'write the pages of docs/reference that are made from code anew',
  build: 'bundle for npm into dist/',
  'package:check': 'pack, install in an empty folder, and look at what is in the package',
  sbom: 'the list of what the package brings along, as CycloneDX JSON',
}

const { scripts } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
for (const name of Object.keys(scripts)) {
  process.stdout.write(`npm run ${name.padEnd(13)} ${PURPOSE[name] ?? scripts[name]}\n`)
}
