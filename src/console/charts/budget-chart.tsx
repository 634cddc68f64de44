import type { BudgetHistoryView } from '../../client/views/budgets.ts'
import { amountText, moment } from '../words.ts'
import { ChartFigure } from './chart-figure.tsx'

const WIDTH = 600
const HEIGHT = 110

/** One budget of a lease since it was opened: what was spent, what is held, and the ceiling. */
export function BudgetChart({ budget }: { readonly budget: BudgetHistoryView }) {
  const { unit, decimals, amount, points } = budget
  const text = (value: number) => amountText(value, decimals, unit)
  const last = points.at(-1)
  const [spent, reserved] = [last?.spent ?? 0, last?.reserved ?? 0]
  const words = `${text(spent)} spent and ${text(reserved)} reserved of ${text(amount)}`
  const step = WIDTH / Math.max(1, points.length - 1)
  const most = Math.max(amount, ...points.map((point) => point.spent + point.reserved), 1)
  const height = (value: number) => HEIGHT - 2 - (value / most) * (HEIGHT - 8)
  const line = (of: (point: (typeof points)[number]) => number) =>
    points.map((point, at) => `${at * step},${height(of(point))}`)
  const bottom = points.map((_, at) => `${at * step},${HEIGHT - 2}`)
  const area = (upper: readonly string[], lower: readonly string[]) =>
    [...upper, ...lower.toReversed()].join(' ')
  const spentLine = line((point) => point.spent)
  const takenLine = line((point) => point.spent + point.reserved)
  return (
    <ChartFigure
      words={words}
      width={WIDTH}
      height={HEIGHT}
      scale={{ top: text(most), from: momentOf(points.at(0)), to: momentOf(last) }}
      legend={[
        ['key-allowed', 'spent'],
        ['key-most', 'reserved'],
        ['key-ceiling', 'ceiling'],
      ]}
      columns={['Until', 'Spent', 'Reserved', 'Ceiling']}
      rows={changed(points).map((point) => ({
        key: String(point.at),
        cells: [momentOf(point), text(point.spent), text(point.reserved), text(amount)],
      }))}
    >
      <polygon class="area-spent" points={area(spentLine, bottom)} />
      <polygon class="area-reserved" points={area(takenLine, spentLine)} />
      <line class="line-ceiling" x1={0} x2={WIDTH} y1={height(amount)} y2={height(amount)} />
    </ChartFigure>
  )
}

function momentOf(point: BudgetHistoryView['points'][number] | undefined): string {
  return point === undefined ? '' : moment(Date.parse(point.at) / 1000)
}

/** The moments at which something was another than before, and the last. */
function changed(points: BudgetHistoryView['points']): BudgetHistoryView['points'] {
  return points.filter((point, at) => {
    const before = points[at - 1]
    const isNew = point.spent !== before?.spent || point.reserved !== before.reserved
    return isNew || at === points.length - 1
  })
}
