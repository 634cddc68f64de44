import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { REFUSALS } from '../../src/domain/refusal.ts'
import { createMetrics } from '../../src/metrics.ts'

interface Panel {
  readonly id: number
  readonly title: string
  readonly type: string
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number }
  readonly targets: readonly { readonly expr: string; readonly refId: string }[]
}
interface Rule {
  readonly alert: string
  readonly expr: string
  readonly for: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary: string }
}

const at = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const board = JSON.parse(at('deploy/grafana/writ.json')) as {
  readonly uid: string
  readonly schemaVersion: number
  readonly templating: { readonly list: readonly { readonly name: string }[] }
  readonly panels: readonly Panel[]
}
const { groups } = parse(at('deploy/prometheus/alerts.yaml')) as {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[]
}
const rules = groups.flatMap((group) => group.rules)
const expressions = [
  ...board.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ...rules.map(({ expr }) => expr),
]

/** Every series as a scrape shows it, with the labels it may have. */
async function exported(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const metrics = createMetrics()
  metrics.tokensIssued('call', 'allowed')
  metrics.redemption('allowed')
  metrics.revocations(1)
  metrics.httpRequest('api', '/healthz', 200, 0.1)
  metrics.gatewayRequest('up', 'answered')
  metrics.policyLoad('loaded', 0)
  metrics.settlement('committed')
  metrics.alert('audit.broken', 'high')
  metrics.webhookDelivery('delivered')
  metrics.unauthenticated('api')
  metrics.storeCommit(0.1, 1)
  metrics.liveLeases(3)
  metrics.waiting({ approvals: 1, registrations: 0 })
  const found = new Map<string, Set<string>>()
  for (const [, name = '', labels = ''] of (await metrics.text()).matchAll(
    /^(writ_\w+)(?:\{(.*)\})? /gm,
  )) {
    const known = found.get(name) ?? new Set(['instance', 'job'])
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) known.add(label)
    found.set(name, known)
  }
  return found
}

describe('the board and the alert rules', () => {
  it('ask for nothing that is not exported, by no label that it has not', async () => {
    const series = await exported()
    for (const expr of expressions) {
      const names = [...expr.matchAll(/writ_\w+/g)].map(([name]) => name)
      expect(names, expr).not.toEqual([])
      const labels = new Set(names.flatMap((name) => [...(series.get(name) ?? [])]))
      for (const name of names) expect([...series.keys()], expr).toContain(name)
      const asked = [
        ...[...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(', ')),
        ...[...expr.matchAll(/(\w+)=~?"/g)].map(([, label = '']) => label),
      ]
      for (const label of asked) expect([...labels], `${label} in ${expr}`).toContain(label)
    }
  })

  it('show every metric that is exported somewhere', async () => {
    const families = [...(await createMetrics().text()).matchAll(/^# TYPE (\w+)/gm)]
    const all = expressions.join('\n')
    for (const [, family = ''] of families) expect(all).toContain(family)
  })

  it('name refusals by words of the one table', () => {
    const own = new Set(['committed', 'released', 'unknown', 'failed', 'given_up', 'allowed'])
    const words = expressions.flatMap((expr) =>
      [...expr.matchAll(/result=~?"([^"]+)"/g)].flatMap(([, text = '']) => text.split('|')),
    )
    for (const word of words) expect(own.has(word) || REFUSALS.has(word as never), word).toBe(true)
  })

  it('are of the shape that Grafana and Prometheus read', () => {
    expect(board).toMatchObject({ uid: 'writ', title: 'Writ', schemaVersion: 39 })
    expect(board.templating.list.map(({ name }) => name)).toEqual(['datasource'])
    expect(new Set(board.panels.map(({ id }) => id)).size).toBe(board.panels.length)
    for (const { type, title, gridPos, targets } of board.panels) {
      expect([type, title.length > 0]).toEqual(['timeseries', true])
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24)
      expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length)
    }
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length)
    for (const rule of rules) {
      expect(rule.for).toMatch(/^\d+m$/)
      expect(rule.labels.severity).toMatch(/^(warning|critical)$/)
      expect(rule.annotations.summary).toMatch(/\.$/)
    }
  })

  it('I12: no label of any metric names an agent, a lease or an address', async () => {
    const labels = new Set([...(await exported()).values()].flatMap((known) => [...known]))
    for (const label of labels) expect(label).not.toMatch(/agent|lease|address|peer|actor|token/)
  })
})
