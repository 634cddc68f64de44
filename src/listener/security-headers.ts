import type { HttpMiddleware } from './context.ts'

const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
}

/**
 * Headers of every answer; one that needs another policy for what it shows says so itself. Nothing
 * is cached unless the answer says so: most answers hold states that change, some hold tokens.
 * There is no CORS: browsers of other origins read nothing.
 */
export const secureAnswers: HttpMiddleware = async (c, next) => {
  await next()
  for (const [name, value] of Object.entries(HEADERS)) {
    if (!c.res.headers.has(name)) c.header(name, value)
  }
  if (!c.res.headers.has('cache-control')) c.header('Cache-Control', 'no-store')
}
