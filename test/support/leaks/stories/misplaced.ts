import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ROUTES } from '../../../../src/http/route-table.ts'
import { canary } from '../canaries.ts'
import { type Asks, asker, type Member } from '../deployment.ts'
import type { Site } from '../site.ts'

const HEADERS = [
  ...['x-request-id', 'traceparent', 'tracestate', 'idempotency-key', 'user-agent', 'cookie'],
  ...['referer', 'origin', 'accept', 'x-forwarded-for', 'forwarded', 'dpop', 'if-none-match'],
]

/** A secret where it does not belong, in requests of every route, by whoever may ask and not. */
export async function misplaceEverywhere(site: Site, agent: Member): Promise<void> {
  const { witness, deployment, owner } = site
  const { at } = deployment
  const nobody = asker(witness, 'nobody', at.api, {})
  const misplace = (where: string) => witness.plant(`misplaced in ${where}`, canary('lost'))
  const inQuery = misplace('a query')
  const inHeaders = HEADERS.map((name) => [name, misplace(`the header ${name}`)] as const)
  const inPath = misplace('a path')
  const headers = Object.fromEntries(inHeaders)
  for (const { method, path } of ROUTES) {
    const filled = path.replaceAll(/\{[a-z]+\}/g, encodeURIComponent(inPath))
    for (const ask of [owner, agent.ask]) {
      await ask(method, `${filled}?token=${encodeURIComponent(inQuery)}`)
      const plain = path.replaceAll(/\{[a-z]+\}/g, 'x')
      await ask(method, isStream(path) ? `${plain}?follow=false` : plain, { headers })
    }
  }
  for (const ask of [owner, agent.ask, agent.call, nobody]) {
    await ask('GET', `/${encodeURIComponent(inPath)}/x?key=${encodeURIComponent(inQuery)}`)
    await ask('GET', '/bearer/x', { headers })
  }
  const bearer = misplace('a bearer token')
  const guesser = deployment.bearer('nobody', bearer)
  await guesser('GET', '/v1/leases')
  await deployment.bearer('nobody', bearer, at.handles)('GET', '/proxy/bearer/x')
  await agent.call('GET', '/bearer/x', { headers: { authorization: `Bearer ${bearer}` } })
  await agent.call('GET', '/bearer/x', { headers: { authorization: `Basic ${bearer}` } })
  await misplaceInBodies([owner, agent.ask], misplace)
}

/** Answers that go on for as long as anybody listens. */
function isStream(path: string): boolean {
  return path.endsWith('/feed') || path.endsWith('/stream')
}

async function misplaceInBodies(
  who: readonly Asks[],
  misplace: (where: string) => string,
): Promise<void> {
  const [member, value, twice, text, list, plain] = [
    ...['the name of a member', 'an unknown member', 'a doubled member', 'what is not JSON'],
    ...['a list', 'a body of another type'],
  ].map(misplace)
  for (const { method, path } of ROUTES.filter((route) => route.method !== 'GET')) {
    const filled = path.replaceAll(/\{[a-z]+\}/g, 'x')
    for (const ask of who) {
      await ask(method, filled, { body: { unknown: value } })
      await ask(method, filled, { raw: `{"${member}":1}` })
      await ask(method, filled, { raw: `{"name":"${twice}","name":"${twice}"}` })
      await ask(method, filled, { raw: `{"name":"${text}` })
      await ask(method, filled, { body: [list] })
      await ask(method, filled, { raw: `${plain}`, headers: { 'content-type': 'text/plain' } })
    }
  }
}

/** A secret pasted into a policy file, as a value and as broken TOML; the old set stays. */
export async function misplaceInPolicies(site: Site): Promise<void> {
  const { witness, deployment, owner } = site
  const file = join(deployment.folder, 'policies', 'late.toml')
  for (const [where, text] of [
    ['a policy that is not TOML', (secret: string) => `[[policy]\nname = "${secret}`],
    ['a value of a policy', (secret: string) => `[[policy]]\nname = "${secret}"\nallow = "x"\n`],
  ] as const) {
    const place = 'policies/late.toml'
    const secret = witness.plant(`misplaced in ${where}`, canary('lost'), place)
    writeFileSync(file, text(secret), { mode: 0o600 })
    witness.saw(place, text(secret))
    for (let waited = 0; waited < 6_000; waited += 200) {
      if ((await owner('GET', '/v1/policies')).text.includes('late.toml')) break
      await sleep(200)
    }
  }
}
