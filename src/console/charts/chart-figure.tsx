import type { ComponentChildren } from 'preact'
import { Table, type TableRow } from '../parts/table.tsx'

/** A line of the legend: the class its colour comes from, and what it stands for. */
export type LegendEntry = readonly [key: string, text: string]

/** A chart: its sentence, the picture, what the colours mean, and the same as a table. */
export function ChartFigure(props: {
  readonly words: string
  readonly width: number
  readonly height: number
  /** What the upper edge stands for, and where the picture begins and ends. */
  readonly scale: { readonly top: string; readonly from: string; readonly to: string }
  readonly legend: readonly LegendEntry[]
  readonly columns: readonly string[]
  readonly rows: readonly TableRow[]
  readonly children: ComponentChildren
}) {
  const { words, width, height, scale } = props
  return (
    <figure class="chart">
      <figcaption>{words}</figcaption>
      <p class="chart-scale" aria-hidden="true">
        {scale.top}
      </p>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={words}
        preserveAspectRatio="none"
      >
        <line class="axis" x1={0} x2={width} y1={height - 1} y2={height - 1} />
        {props.children}
      </svg>
      <p class="chart-scale" aria-hidden="true">
        <span>{scale.from}</span>
        <span>{scale.to}</span>
      </p>
      <p class="legend">
        {props.legend.map(([key, text]) => (
          <span key={key}>
            <span class={key} aria-hidden="true" /> {text}{' '}
          </span>
        ))}
      </p>
      <details>
        <summary>As a table</summary>
        <Table label={words} columns={props.columns} rows={props.rows} />
      </details>
    </figure>
  )
}
