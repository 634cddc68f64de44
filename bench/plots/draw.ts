import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as vega from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'

/** The colours of all plots; each stands for one thing everywhere. */
export const INK = {
  paper: '#ffffff',
  text: '#1f2328',
  faint: '#656d76',
  line: '#d1d9e0',
  ours: '#0969da',
  others: '#9a6700',
  bad: '#cf222e',
  third: '#1a7f37',
} as const

/** The same colours for eyes that chose darkness. */
const DARK: Readonly<Record<keyof typeof INK, string>> = {
  paper: '#0d1117',
  text: '#e6edf3',
  faint: '#9198a1',
  line: '#3d444d',
  ours: '#58a6ff',
  others: '#d29922',
  bad: '#ff7b72',
  third: '#56d364',
}

const FOLDER = fileURLToPath(new URL('../../docs/plots/', import.meta.url))
const FONT = 'system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif'

/** Width of a letter in a usual sans serif; without a canvas Vega takes far more and leaves gaps. */
const LETTER_EMS = 0.62

/** Exported by Vega, though not by its types. */
interface Measuring {
  readonly textMetrics: {
    width: (item: { readonly fontSize?: number }, text: string) => number
  }
}

/** Draws a plot into docs/plots. */
export async function draw(name: string, spec: TopLevelSpec): Promise<void> {
  const { textMetrics } = vega as unknown as Measuring
  textMetrics.width = (item, text) => text.length * LETTER_EMS * (item.fontSize ?? 11)
  const { spec: compiled } = compile({ ...spec, config: CONFIG } as TopLevelSpec)
  const view = new vega.View(vega.parse(compiled), { renderer: 'none' })
  const svg = await view.toSVG()
  view.finalize()
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(join(FOLDER, `${name}.svg`), `${inBothLights(svg)}\n`)
}

/**
 * Colours as a style sheet may change them: the drawing carries light ones as attributes, which any
 * rule overrides, and the rules hold only where the reader prefers a dark page.
 */
function inBothLights(svg: string): string {
  const rules = (Object.keys(INK) as (keyof typeof INK)[]).flatMap((name) =>
    ['fill', 'stroke'].map((use) => `[${use}="${INK[name]}"]{${use}:${DARK[name]}}`),
  )
  const style = `<style>@media (prefers-color-scheme:dark){${rules.join('')}}</style>`
  return svg.replace(/(<svg [^>]*>)/, `$1${style}`)
}

const CONFIG = {
  background: INK.paper,
  font: FONT,
  padding: 16,
  view: { stroke: null },
  title: {
    anchor: 'start',
    color: INK.text,
    subtitleColor: INK.faint,
    fontSize: 16,
    subtitleFontSize: 12,
    fontWeight: 600,
    offset: 16,
    frame: 'group',
    subtitlePadding: 6,
  },
  axis: {
    labelColor: INK.faint,
    titleColor: INK.faint,
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    domainColor: INK.line,
    tickColor: INK.line,
    gridColor: INK.line,
    gridOpacity: 0.6,
    titlePadding: 10,
  },
  header: { labelColor: INK.text, titleColor: INK.faint, labelFontSize: 13 },
  text: { color: INK.text, fontSize: 12 },
} as const
