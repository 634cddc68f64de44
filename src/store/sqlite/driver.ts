import { createRequire } from 'node:module'
import type Database from 'better-sqlite3'
import { StoreFault } from '../fault.ts'

/** The constructor of better-sqlite3. */
export type SqliteDriver = typeof Database

/** Node-API version from which better-sqlite3 13 does not crash the process. */
const NAPI_MIN = 10

/**
 * A sentence that says what to install, or undefined when this driver can run here. Version 13 was
 * built for Node-API 10 and ends an older Node with a segmentation fault at the first open.
 */
export function driverProblem(version: string, napi: string | undefined): string | undefined {
  const major = Number(version.split('.')[0])
  if (major < 13 || Number(napi ?? 0) >= NAPI_MIN) return undefined
  return (
    `better-sqlite3 ${version} needs Node 22.14 or newer; ` +
    'use a newer Node, or install better-sqlite3@12.'
  )
}

/** A sentence for what better-sqlite3 throws when its native part was never built. */
export function bindingsProblem(error: unknown): string | undefined {
  const message = error instanceof Error ? error.message : ''
  if (message.includes('Could not locate the bindings file')) {
    return (
      'The native part of better-sqlite3 is missing, since its install script did not run; ' +
      'run "npm rebuild better-sqlite3".'
    )
  }
  if (message.includes('NODE_MODULE_VERSION')) {
    return (
      'better-sqlite3 was built for another version of Node; ' +
      'run "npm rebuild better-sqlite3" with the Node that runs Writ.'
    )
  }
  return undefined
}

/**
 * Loads better-sqlite3 after asking whether it can run here. Throws a StoreFault `unusable` with a
 * plain sentence otherwise.
 */
export async function loadDriver(): Promise<SqliteDriver> {
  const require = createRequire(import.meta.url)
  const { version } = require('better-sqlite3/package.json') as { version: string }
  const problem = driverProblem(version, process.versions['napi'])
  if (problem !== undefined) throw new StoreFault('unusable', problem)
  const { default: driver } = await import('better-sqlite3')
  return driver
}
