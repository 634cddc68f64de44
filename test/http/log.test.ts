import { describe, expect, it } from 'vitest'
import { createLog, scrub } from '../../src/log.ts'

const TOKEN = `eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.${'A'.repeat(86)}`
const PEM = '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----'

function captured(format: 'auto' | 'json' | 'text' = 'json', terminal = false) {
  const lines: string[] = []
  const log = createLog({
    level: 'info',
    format,
    terminal,
    destination: { write: (line) => lines.push(line) },
  })
  return { log, lines }
}

describe('the log', () => {
  it('writes one JSON line with time, level, event and flat facts', () => {
    const { log, lines } = captured()
    log.info('policy.loaded', { rules: 0, version: undefined })
    expect(lines).toHaveLength(1)
    const { time, ...rest } = JSON.parse(lines[0] ?? '')
    expect(rest).toEqual({ level: 'info', event: 'policy.loaded', rules: 0 })
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  })

  it('writes the same line in words', () => {
    const { log, lines } = captured('text')
    log.warn('http.request', { ms: 12, route: 'a b' })
    expect(lines[0]).toMatch(/^\S+Z warn http\.request ms=12 route="a b"\n$/)
  })

  it('is for people on a terminal by itself, and JSON lines everywhere else', () => {
    const told = (terminal: boolean) => {
      const { log, lines } = captured('auto', terminal)
      log.info('policy.loaded', { rules: 0, version: undefined })
      return lines.join('')
    }
    expect(JSON.parse(told(false))).toMatchObject({ event: 'policy.loaded' })
    expect(told(true)).toMatch(/INFO.*policy\.loaded/)
    expect(told(true)).not.toMatch(/^\{/)
    const asked = captured('json', true)
    asked.log.info('policy.loaded', { rules: 0, version: undefined })
    expect(asked.lines[0], 'what is asked for is kept').toMatch(/^\{/)
  })

  it('keeps quiet below its level', () => {
    const { log, lines } = captured()
    log.debug('mcp.rejected')
    expect(lines).toEqual([])
  })

  it('I12: tells a fault by class, code and place, with secrets taken out of its message', () => {
    const { log, lines } = captured()
    const inner = new Error(`cause had ${PEM}`)
    const error = Object.assign(new TypeError(`bad token ${TOKEN}`, { cause: inner }), {
      code: 'E_BAD',
    })
    log.fault('http.fault', error, { request_id: 'req_1' })
    const line = JSON.parse(lines[0] ?? '')
    expect(line.fault).toBe('TypeError: bad token [removed] < Error: cause had [removed]')
    expect(line.code).toBe('E_BAD')
    expect(line.at).toMatch(/^at /)
    expect(line.request_id).toBe('req_1')
    expect(lines.join('')).not.toContain('eyJ')
    expect(lines.join('')).not.toContain('MIGH')
  })

  it('ends on a cause that is its own cause', () => {
    const { log, lines } = captured()
    const error = new Error('loop')
    error.cause = error
    log.fault('http.fault', error)
    expect(JSON.parse(lines[0] ?? '').fault.split(' < ').length).toBeLessThan(6)
  })

  it('tells only the type of what was thrown and is no error', () => {
    const { log, lines } = captured()
    log.fault('http.fault', TOKEN)
    expect(JSON.parse(lines[0] ?? '').fault).toBe('string')
  })

  const secrets: readonly [string, string][] = [
    ['a JWT', TOKEN],
    ['a JWT without its signature', 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0'],
    ['a private key', PEM],
    ['a bearer header', 'Bearer abc.def'],
    ['a handle', 'wrt_abc'],
    ['a role token', `writ_owner_${'x'.repeat(43)}`],
    ['32 bytes in base64', `${'Ab1+'.repeat(11)}=`],
  ]
  for (const [what, secret] of secrets) {
    it(`I12: takes out ${what}`, () => {
      expect(scrub(`before ${secret} after`)).toBe('before [removed] after')
    })
  }

  it('I12: takes out all that follows the beginning of a key that was cut off', () => {
    expect(scrub('x -----BEGIN EC PRIVATE KEY-----\nMHcCAQEE after')).toBe('x [removed]')
  })

  it('leaves plain words alone', () => {
    expect(scrub('no such table: leases at /srv/writ')).toBe('no such table: leases at /srv/writ')
  })
})
