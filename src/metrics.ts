import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** How a decision ended: `allowed`, or the code of the refusal. A closed, small set of words. */
export type MetricResult = string

/**
 * The numbers of a process, as Prometheus text. Labels are words from closed sets: never an agent,
 * a lease or an address, which would tell who does what (I12) and grow without end.
 */
export interface Metrics {
  tokensIssued(kind: 'call' | 'delegation', result: MetricResult, count?: number): void
  redemption(result: MetricResult): void
  revocations(count: number): void
  /** `route` is the pattern, not the path. */
  httpRequest(listener: string, route: string, status: number, seconds: number): void
  gatewayRequest(route: string, result: MetricResult): void
  /** A policy folder was read anew; `problems` is what is wrong with it as it is now. */
  policyLoad(result: 'loaded' | 'refused', problems: number): void
  settlement(result: 'committed' | 'released' | 'unknown' | 'failed'): void
  /** Alerts as their receivers are told of them, each once in all processes. */
  alert(kind: string, severity: string): void
  webhookDelivery(result: 'delivered' | 'again' | 'given_up'): void
  /** How many seconds behind this process watches the trail. */
  watchLag(seconds: number): void
  /** Live leases, counted now; undefined: this process does not count them. */
  liveLeases(live: number | undefined): void
  /** Who waits for people, likewise. */
  waiting(counted: { readonly approvals: number; readonly registrations: number } | undefined): void
  /** How old what this process knows of revocations is; asked at each look at the numbers. */
  revocationStaleness(seconds: () => number): void
  /** Noise before authentication: counted, not recorded (I10). */
  unauthenticated(listener: string): void
  storeCommit(seconds: number, group: number): void
  /** The exposition text (version 0.0.4) and its content type. */
  text(): Promise<string>
  readonly contentType: string
}

const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]
const COMMIT_BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1]
const GROUP_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128, 256]

/** One metric as it stands in a registry. */
export interface MetricTold {
  readonly name: string
  readonly kind: string
  readonly help: string
  readonly labels: readonly string[]
}

/** Whether the numbers of the process itself are told as well, and where all of them stand. */
interface MetricOptions {
  readonly process?: boolean
  readonly registry?: Registry
}

/** Numbers of one process in a registry of their own, so that two in one process do not mix. */
export function createMetrics(options: MetricOptions = {}): Metrics {
  const registry = options.registry ?? new Registry()
  if (options.process === true) collectDefaultMetrics({ register: registry })
  const counter = counterIn(registry)

  const issued = counter('writ_tokens_issued_total', 'Tokens signed, or refused, by kind.', [
    'kind',
    'result',
  ])
  const redemptions = counter(
    'writ_redemptions_total',
    'Admissions at the gateway, redemptions over the API.',
    ['result'],
  )
  const revocations = counter(
    'writ_revocations_total',
    'Revocations and suspensions heard of, from any process.',
  )
  const gateway = counter('writ_gateway_requests_total', 'Calls that reached the gateway.', [
    'route',
    'result',
  ])
  const settlements = counter(
    'writ_settlements_total',
    'Calls under a budget; unknown and failed leave the reservation.',
    ['result'],
  )
  const noise = counter('writ_unauthenticated_total', 'Requests without a known credential.', [
    'listener',
  ])

  return {
    tokensIssued: (kind, result, count = 1) => issued.inc({ kind, result }, count),
    redemption: (result) => redemptions.inc({ result }),
    revocations: (count) => revocations.inc(count),
    httpRequest: httpRequestIn(registry),
    gatewayRequest: (route, result) => gateway.inc({ route, result }),
    policyLoad: policyLoadIn(registry),
    settlement: (result) => settlements.inc({ result }),
    ...alertNumbers(registry),
    ...censusNumbers(registry),
    revocationStaleness: stalenessIn(registry),
    unauthenticated: (listener) => noise.inc({ listener }),
    storeCommit: storeCommitIn(registry),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}

function alertNumbers(registry: Registry): Pick<Metrics, 'alert' | 'webhookDelivery' | 'watchLag'> {
  const counter = counterIn(registry)
  const lag = new Gauge({
    name: 'writ_watch_lag_seconds',
    help: 'How far behind the watcher of the trail is.',
    registers: [registry],
  })
  const alerts = counter(
    'writ_alerts_total',
    'Alerts, counted once by the process that tells their receivers.',
    ['kind', 'severity'],
  )
  const deliveries = counter('writ_webhook_deliveries_total', 'Attempts to tell receivers.', [
    'result',
  ])
  return {
    alert: (kind, severity) => alerts.inc({ kind, severity }),
    webhookDelivery: (result) => deliveries.inc({ result }),
    watchLag: (elapsed) => lag.set(elapsed),
  }
}

/** Gauges that tell nothing before the first count, and in processes that do not count. */
function censusNumbers(registry: Registry): Pick<Metrics, 'liveLeases' | 'waiting'> {
  const live = gaugeIn(registry, 'writ_leases_live', 'Live leases, when last counted.')
  let countedAt: number | undefined
  const age = gaugeIn(
    registry,
    'writ_leases_live_age_seconds',
    'How long ago the live leases were counted.',
    () => countedAt && (performance.now() - countedAt) / 1000,
  )
  const approvals = gaugeIn(
    registry,
    'writ_approvals_waiting',
    'Approvals that nobody has decided and whose time is not over.',
  )
  const registrations = gaugeIn(
    registry,
    'writ_registrations_waiting',
    'Agents that asked to be let in and wait for an owner.',
  )
  return {
    liveLeases(counted) {
      countedAt = counted === undefined ? undefined : performance.now()
      live(counted)
      if (counted === undefined) age(undefined)
    },
    waiting(counted) {
      approvals(counted?.approvals)
      registrations(counted?.registrations)
    },
  }
}

/** A gauge that may have no value: that is no line, and not a 0. */
function gaugeIn(
  registry: Registry,
  name: string,
  help: string,
  ask?: () => number | undefined,
): (value: number | undefined) => void {
  const set = (value: number | undefined) =>
    value === undefined ? gauge.remove() : gauge.set(value)
  const gauge: Gauge = new Gauge({
    name,
    help,
    registers: [registry],
    ...(ask === undefined ? {} : { collect: () => set(ask()) }),
  })
  gauge.remove()
  return set
}

function stalenessIn(registry: Registry): Metrics['revocationStaleness'] {
  let ask = () => 0
  const gauge: Gauge = new Gauge({
    name: 'writ_revocation_staleness_seconds',
    help: 'How old what is known of revocations is.',
    registers: [registry],
    collect(): void {
      gauge.set(ask())
    },
  })
  return (seconds) => {
    ask = seconds
  }
}

function httpRequestIn(registry: Registry): Metrics['httpRequest'] {
  const counter = counterIn(registry)
  const histogram = histogramIn(registry)
  const requests = counter('writ_http_requests_total', 'Answers of the API.', [
    'listener',
    'route',
    'status',
  ])
  const seconds = histogram(
    'writ_http_request_seconds',
    'Time from request to answer of the API.',
    LATENCY_BUCKETS,
    ['route'],
  )
  return (listener, route, status, elapsed) => {
    requests.inc({ listener, route, status: String(status) })
    seconds.observe({ route }, elapsed)
  }
}

function storeCommitIn(registry: Registry): Metrics['storeCommit'] {
  const histogram = histogramIn(registry)
  const commits = histogram('writ_store_commit_seconds', 'Time of one commit.', COMMIT_BUCKETS)
  const groups = histogram('writ_store_commit_group', 'Decisions in one commit.', GROUP_BUCKETS)
  return (elapsed, group) => {
    commits.observe(elapsed)
    groups.observe(group)
  }
}

function policyLoadIn(registry: Registry): Metrics['policyLoad'] {
  const help = 'Times another policy set was read.'
  const loads = counterIn(registry)('writ_policy_loads_total', help, ['result'])
  const problems = new Gauge({
    name: 'writ_policy_problems',
    help: 'Problems of the policy folder as it is now.',
    registers: [registry],
  })
  return (result, found) => {
    loads.inc({ result })
    problems.set(found)
  }
}

function counterIn(registry: Registry) {
  return (name: string, help: string, labelNames: readonly string[] = []): Counter<string> =>
    new Counter({ name, help, labelNames, registers: [registry] })
}

function histogramIn(registry: Registry) {
  return (
    name: string,
    help: string,
    buckets: number[],
    labelNames: readonly string[] = [],
  ): Histogram<string> => new Histogram({ name, help, buckets, labelNames, registers: [registry] })
}

/** What the types of the library leave out. */
interface Labelled {
  readonly labelNames?: readonly string[]
}

/** Every metric of ours, for the reference; those of Node are told by their library. */
export function listMetrics(): readonly MetricTold[] {
  const registry = new Registry()
  createMetrics({ registry })
  return registry.getMetricsAsArray().map((metric) => {
    const { name, help, type, labelNames = [] } = metric as typeof metric & Labelled
    return { name, help, kind: String(type), labels: labelNames }
  })
}
