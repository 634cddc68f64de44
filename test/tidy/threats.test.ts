import { describe, expect, it } from 'vitest'
import { rowsIn, textOf } from './documents.ts'

const LISTS = 'docs/threat-lists.md'
/** CDP's own order and names. */
const VECTORS = [
  'identity spoofing',
  'proxy hijack',
  'cookie exfiltration',
  'control and data channel split',
  'discovery poisoning',
  'PID recycling',
  'policy tampering',
  'browser exploit',
  'redirect leak',
  'DNS rebinding',
  'body escalation',
  'credential enumeration',
  'approval social engineering',
  'infinite renewal',
  'session-key SPOF',
  '/proc/environ',
  'JSON-RPC replay',
  'audit tampering',
  'MITM CA key',
  'WebSocket abuse',
  'vault session token',
]
const PROOF = /^test\/[\w./-]+\.ts "[^"]+"/

describe('threats by the lists of others', () => {
  it('the 21 vectors of CDP are there, each with a test by its title', () => {
    const rows = rowsIn(textOf(LISTS, '## The 21 vectors of CDP'))
    expect(rows.map(([, vector]) => vector)).toEqual(VECTORS)
    expect(rows.filter(([, , , proof = '']) => !PROOF.test(proof))).toEqual([])
  })

  it('ASI01 to ASI10 are there, each with what is done, what is not, and a test', () => {
    const rows = rowsIn(textOf(LISTS, '## OWASP Top 10 for Agentic Applications 2026'))
    expect(rows.map(([name = '']) => name.slice(0, 5))).toEqual(
      Array.from({ length: 10 }, (_, at) => `ASI${String(at + 1).padStart(2, '0')}`),
    )
    expect(rows.filter(([, does, not, proof = '']) => !does || !not || !PROOF.test(proof))).toEqual(
      [],
    )
  })

  it('PROXY-08: LLM01 and LLM06 are there, each with what is done, what is not, and a test', () => {
    const rows = rowsIn(textOf(LISTS, '## OWASP Top 10 for LLM applications'))
    const names = rows.map(([name = '']) => name.slice(0, 5))
    expect(names).toEqual(expect.arrayContaining(['LLM01', 'LLM06']))
    expect(rows.filter(([, does, not, proof = '']) => !does || !not || !PROOF.test(proof))).toEqual(
      [],
    )
  })
})

describe('the comparison', () => {
  it('says of Writ only what tests show: each row names one by its title, or says that it does not', () => {
    const text = textOf('docs/comparison.md')
    const rows = rowsIn(textOf('docs/comparison.md', '## What Writ does'))
    expect(rows.length).toBeGreaterThan(8)
    expect(rows.filter(([, proof = '']) => !PROOF.test(proof))).toEqual([])
    expect(text).not.toMatch(/\b(best|fastest|first|only) (?:solution|product|service)\b/i)
  })

  it('repeats no figure that the measured table has not', () => {
    const measured = textOf('docs/operating/performance.md', '## Side by side')
    const paragraphs = textOf('docs/comparison.md')
      .split('\n\n')
      .filter((text) => text.includes('#side-by-side'))
    const figures = paragraphs.flatMap((text) => text.match(/\b\d{1,3},\d{3}\b|\b\d+\.\d\b/g) ?? [])
    expect(figures.length).toBeGreaterThan(10)
    expect(figures.filter((figure) => !measured.includes(figure))).toEqual([])
  })

  it('says of others what their documents say, and where they are better', () => {
    const parts = textOf('docs/comparison.md', '## Beside it').split(/^### /m).slice(1)
    expect(parts.length).toBeGreaterThanOrEqual(7)
    for (const part of parts) {
      expect(part).toMatch(/\*\*Better there:\*\*/)
      expect(part).toMatch(/\]\(https:\/\//)
    }
  })
})
