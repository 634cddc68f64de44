import { arrive, invite, registrationBody, waiting } from './enrollment.ts'
import { CONTRACT, type Deployment } from './http.ts'
import type { Cast, Example } from './http-examples.ts'

const NO_REGISTRATION = 'reg_AAAAAAAAAAAAAAAAAAAAAA'
const NO_ENROLLMENT = 'enroll_AAAAAAAAAAAAAAAAAAAAAA'

let serial = 0
const fresh = (): string => {
  serial += 1
  return `arrival-${serial}`
}

/** For each row of enrollment a request that succeeds. */
export function enrollmentExamples(
  site: Deployment,
  cast: Cast,
): Record<string, () => Promise<Example>> {
  const { owner } = site
  const pending = async () => waiting(site, await arrive(fresh()))
  return {
    'POST /v1/enrollments': async () => ({
      as: owner,
      path: '/v1/enrollments',
      body: { ttl_seconds: 60 },
    }),
    'GET /v1/enrollments/{id}': async () => {
      const { id } = await invite(site)
      return { as: owner, path: `/v1/enrollments/${id}` }
    },
    'POST /v1/registrations/begin': async () => {
      const { guest } = await invite(site)
      return { as: guest, path: '/v1/registrations/begin' }
    },
    'POST /v1/registrations': async () => {
      const { guest } = await invite(site)
      const begun = await guest.ask('POST', '/v1/registrations/begin')
      const body = registrationBody(await arrive(fresh()), begun.json.nonce)
      return { as: guest, path: '/v1/registrations', body }
    },
    'GET /v1/registrations': async () => ({ as: owner, path: '/v1/registrations' }),
    'GET /v1/registrations/self': async () => {
      const { guest } = await pending()
      return { as: guest, path: '/v1/registrations/self' }
    },
    'GET /v1/registrations/{id}': async () => ({ as: owner, path: (await pending()).path }),
    'POST /v1/registrations/{id}/approve': async () => {
      const body = { contract: CONTRACT }
      return { as: owner, path: `${(await pending()).path}/approve`, body }
    },
    'POST /v1/registrations/{id}/deny': async () => ({
      as: owner,
      path: `${(await pending()).path}/deny`,
    }),
    'POST /v1/registrations/{id}/certificate': async () => {
      const { path, guest, collect: body } = await pending()
      await owner.ask('POST', `${path}/approve`, { body: { contract: CONTRACT } })
      return { as: guest, path: `${path}/certificate`, body }
    },
    'GET /v1/connection': async () => ({ as: cast.planner, path: '/v1/connection' }),
  }
}

/** For each row of enrollment that declares 404 a request for what is not there. */
export async function missingEnrollments(site: Deployment): Promise<Record<string, Example>> {
  const { owner } = site
  const { guest, collect } = await waiting(site, await arrive(fresh()))
  const path = `/v1/registrations/${NO_REGISTRATION}`
  return {
    'GET /v1/enrollments/{id}': { as: owner, path: `/v1/enrollments/${NO_ENROLLMENT}` },
    'GET /v1/registrations/{id}': { as: owner, path },
    'POST /v1/registrations/{id}/approve': {
      as: owner,
      path: `${path}/approve`,
      body: { contract: CONTRACT },
    },
    'POST /v1/registrations/{id}/deny': { as: owner, path: `${path}/deny` },
    'POST /v1/registrations/{id}/certificate': {
      as: guest,
      path: `${path}/certificate`,
      body: collect,
    },
  }
}
