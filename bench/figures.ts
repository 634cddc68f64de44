import { JOBS, TRAITS, type Trait } from './contenders/port.ts'
import type { Share } from './profile.ts'
import { type Circumstances, kept } from './results.ts'
import type { Row } from './row.ts'
import type { Standing } from './side-by-side.ts'
import type { Sweep } from './sweeps/sweep.ts'

/** What stands in a document until the command that fills it has been run. */
const NOTHING = 'Not measured yet.'

/** The regions of docs/operating/performance.md that are written from results, by their names. */
const FIGURES: Readonly<Record<string, () => string>> = {
  rows: () => withCircumstances('rows', rowsTable),
  contenders: () => withCircumstances('contenders', speedTable),
  traits: () => tableOf<readonly Standing[]>('contenders', traitsTable),
  memory: () => withCircumstances('sweep-memory', memoryTable),
  'profile-admission': () => withCircumstances('profile-admission', profileTable),
  'profile-gateway': () => withCircumstances('profile-gateway', profileTable),
}

/** The document with every region between its marks written anew; throws on a name unknown. */
export function withFigures(document: string): string {
  return document.replace(
    /(<!-- figures: ([\w-]+) -->\n)[\s\S]*?(<!-- end of figures -->)/g,
    (_, begin: string, name: string, end: string) => {
      const figure = FIGURES[name]
      if (figure === undefined) throw new Error(`there are no figures "${name}"`)
      return `${begin}\n${figure()}\n\n${end}`
    },
  )
}

function tableOf<T>(name: string, table: (data: T) => string): string {
  const result = kept<T>(name)
  return result === undefined ? NOTHING : table(result.data)
}

function withCircumstances<T>(name: string, table: (data: T) => string): string {
  const result = kept<T>(name)
  return result === undefined ? NOTHING : `${lineOf(result)}\n\n${table(result.data)}`
}

/** When, where and how, in one sentence. */
function lineOf(where: Circumstances): string {
  const { date, cores, cpu, memoryGib, node, loadBefore, commit, command } = where
  const machine = `${cores} cores of ${cpu}, ${memoryGib} GiB, Node ${node.slice(1)}`
  return `${date}, ${machine}, load before the run ${loadBefore}, commit ${commit}: \`${command}\``
}

function rowsTable(rows: readonly Row[]): string {
  const lines = rows.map((row) => [
    row.note === undefined ? row.name : `${row.name} (${row.note})`,
    `${grouped(row.value)} ${row.unit}`,
    grouped(row.baseline),
    `${row.ratio} (${row.spread.p25} to ${row.spread.p75})`,
    row.aim,
    row.ok ? 'yes' : 'no',
  ])
  return markdown(['row', 'measured', 'baseline', 'ratio (quartiles)', 'aim', 'met'], lines)
}

function speedTable(standings: readonly Standing[]): string {
  const lines = standings.map((each) => {
    const who = `${each.name} ${each.version}`.trim()
    const { absent } = each
    if (absent !== undefined) return [who, absent, ...JOBS.slice(1).map(() => '')]
    return [who, ...JOBS.map((job) => grouped(each.jobs[job]?.perSecond))]
  })
  return markdown(['each second', ...JOBS], lines)
}

function traitsTable(standings: readonly Standing[]): string {
  const present = standings.filter(
    ({ absent, key }) => absent === undefined && key !== 'oidc-sqlite',
  )
  const wanted = present.filter(({ key }) => key !== 'writ-service')
  const head = ['', ...wanted.map(({ name }) => name.replace(/ \(.*\)/, ''))]
  const answer = (said: boolean | string): string =>
    typeof said === 'string' ? said : said ? 'yes' : 'no'
  const lines = (Object.keys(TRAITS) as Trait[]).map((trait) => [
    TRAITS[trait],
    ...wanted.map(({ traits }) => answer(traits[trait])),
  ])
  return markdown(head, lines)
}

function memoryTable({ points, note }: Sweep): string {
  const lines = points.map(({ series, value }) => [series, grouped(Math.round(value))])
  return `${markdown(['one', 'bytes'], lines)}\n\n${note}`
}

function profileTable(shares: readonly Share[]): string {
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
  const lines = shares
    .filter(({ ofAll }) => ofAll >= 0.005)
    .map(({ group, ofAll, ofBusy, most }) => [
      group,
      percent(ofAll),
      group === 'idle' ? '' : percent(ofBusy),
      group === 'idle' ? '' : most.join(', '),
    ])
  return markdown(['self time in', 'of all', 'of busy', 'most of it in'], lines)
}

function grouped(value: number | undefined): string {
  if (value === undefined) return ''
  return value >= 1_000 ? Math.round(value).toLocaleString('en-US') : String(value)
}

function markdown(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [row(head), `|${head.map(() => '---').join('|')}|`, ...lines.map(row)].join('\n')
}
