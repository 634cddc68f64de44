import { createRequire } from 'node:module'
import { type DestinationStream, destination, pino } from 'pino'
import type { FactsOf, LogEvent } from './log-events.ts'

type LogFact = string | number | boolean | null | undefined
/** What a log line may say beside its event: ids, numbers, words of ours. Never a secret (I12). */
export type LogFacts = Readonly<Record<string, LogFact>>

/** How much is told: `silent` nothing at all. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** How lines look; `auto`: as people read them on a terminal, JSON everywhere else. */
export type LogFormat = 'auto' | 'json' | 'text' | 'pretty'

/**
 * The log of a process. A line is an event and flat facts built by hand at the call; no request,
 * header, body or claim object is ever handed over, since redaction by name always misses one.
 */
export interface Log {
  debug<Event extends LogEvent>(event: Event, facts?: FactsOf<Event, LogFact>): void
  info<Event extends LogEvent>(event: Event, facts?: FactsOf<Event, LogFact>): void
  warn<Event extends LogEvent>(event: Event, facts?: FactsOf<Event, LogFact>): void
  /** Tells a fault: its class, code, scrubbed message and the place it was thrown. */
  fault<Event extends LogEvent>(event: Event, error: unknown, facts?: FactsOf<Event, LogFact>): void
}

const SECRETS: readonly RegExp[] = [
  /-----BEGIN [A-Z0-9 ]+-----[\s\S]*?(-----END [A-Z0-9 ]+-----|$)/g,
  /\beyJ[A-Za-z0-9_-]{5,}(\.[A-Za-z0-9_-]*){0,4}/g,
  /\b(bearer|dpop|basic)\s+[^\s"',;]+/gi,
  /\bwrt_[A-Za-z0-9_-]+/g,
  /[A-Za-z0-9_+/-]{32,}={0,2}/g,
]

const CAUSES_MAX = 3
const FRAMES_MAX = 6

/** Text of others with everything that looks like a token, key or handle taken out. */
export function scrub(text: string): string {
  return SECRETS.reduce((rest, pattern) => rest.replace(pattern, '[removed]'), text)
}

/**
 * A log of one line per event, JSON or plain words, to stderr unless another destination is handed
 * in; `pretty` is for terminals and throws a plain sentence where pino-pretty is not installed.
 * Times are RFC 3339 in UTC.
 */
export function createLog(options: {
  readonly level: LogLevel
  readonly format?: LogFormat
  readonly destination?: DestinationStream
  /** Whether people read it; for tests. Whether stderr is a terminal when it is left out. */
  readonly terminal?: boolean
}): Log {
  const sink = options.destination ?? destination({ fd: 2, sync: true })
  const lines = pino(
    {
      level: options.level,
      base: null,
      messageKey: 'event',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    shaped(formatFor(options.format, options.terminal ?? isTerminal()), sink),
  )
  return {
    debug: (event: string, facts: LogFacts = {}) => lines.debug(facts, event),
    info: (event: string, facts: LogFacts = {}) => lines.info(facts, event),
    warn: (event: string, facts: LogFacts = {}) => lines.warn(facts, event),
    fault: (event: string, error: unknown, facts: LogFacts = {}) =>
      lines.error({ ...facts, ...describe(error) }, event),
  }
}

/** What `auto` comes to; where pino-pretty is not installed, people get plain words. */
function formatFor(format: LogFormat = 'json', terminal: boolean): Exclude<LogFormat, 'auto'> {
  if (format !== 'auto') return format
  if (!terminal) return 'json'
  try {
    createRequire(import.meta.url).resolve('pino-pretty')
    return 'pretty'
  } catch {
    return 'text'
  }
}

function shaped(format: Exclude<LogFormat, 'auto'>, sink: DestinationStream) {
  if (format === 'text') return { write: (line: string) => sink.write(wordsOf(line)) }
  if (format !== 'pretty') return sink
  const pretty = loadPretty()
  return { write: (line: string) => sink.write(pretty(line)) }
}

/** Loaded only where it is asked for: not everybody has installed it. */
function loadPretty(): (line: string) => string {
  try {
    const { prettyFactory } = createRequire(import.meta.url)('pino-pretty')
    return prettyFactory({ messageKey: 'event', timestampKey: 'time', colorize: isTerminal() })
  } catch (cause) {
    const sentence = 'log.format pretty needs the package pino-pretty: npm install pino-pretty'
    throw new Error(`${sentence}; or say text.`, { cause })
  }
}

function isTerminal(): boolean {
  return process.stderr.isTTY === true
}

/** The same line for people: time, level, event, then `name=value`. */
function wordsOf(line: string): string {
  const { time, level, event, ...facts } = JSON.parse(line) as Record<string, unknown>
  const rest = Object.entries(facts).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return `${[time, level, event, ...rest].join(' ')}\n`
}

function describe(error: unknown): LogFacts {
  const chain: Error[] = []
  for (let next = error; next instanceof Error && chain.length <= CAUSES_MAX; next = next.cause) {
    chain.push(next)
  }
  const [first] = chain
  if (first === undefined) return { fault: typeof error }
  const code = 'code' in first && typeof first.code === 'string' ? scrub(first.code) : undefined
  return {
    fault: chain.map((link) => `${link.name}: ${scrub(link.message)}`).join(' < '),
    code,
    at: framesOf(first),
  }
}

/** Only the frames: the first lines of a stack repeat the message. */
function framesOf(error: Error): string {
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  return frames
    .slice(0, FRAMES_MAX)
    .map((line) => line.trim().replace(/\(?file:\/\/\S*?\/(src|node_modules)\//, '($1/'))
    .join(' | ')
}
