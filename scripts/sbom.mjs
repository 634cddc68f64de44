// Prints what the package brings along, as CycloneDX JSON. `npm sbom --omit=dev` leaves out packages
// that something which is left out needs too, so everything is asked for and sorted out here.
import { execFileSync } from 'node:child_process'

const words = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only']
const all = JSON.parse(execFileSync('npm', words, { encoding: 'utf8', maxBuffer: 1 << 27 }))
const builds = ({ properties = [] }) =>
  properties.some(({ name, value }) => name === 'cdx:npm:package:development' && value === 'true')

const root = all.metadata.component
// npm takes the folder's name; the package has one of its own.
root.name = root['bom-ref'].replace(/@[^@]*$/, '')
const components = all.components.filter((component) => !builds(component))
const kept = new Set([root, ...components].map((component) => component['bom-ref']))
const dependencies = all.dependencies
  .filter(({ ref }) => kept.has(ref))
  .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((one) => kept.has(one)) }))
process.stdout.write(`${JSON.stringify({ ...all, components, dependencies }, null, 2)}\n`)
