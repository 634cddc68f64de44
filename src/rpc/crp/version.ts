import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'

/** Versions this face speaks, newest first. */
export const CRP_VERSIONS = ['0.2', '0.1'] as const
/** One of them. */
export type CrpVersion = (typeof CRP_VERSIONS)[number]

const VERSION = /^(0|[1-9]\d{0,3})\.(0|[1-9]\d{0,3})$/

/**
 * CRPX-11, CRPX-37: the version both sides speak: of the same major the lower minor. Refuses
 * `conflict`, which is -33001, for another major, for one older than any that is spoken here, and
 * for what is no version: nothing is guessed, and nothing falls back to an older one.
 */
export function negotiate(said: string): Result<CrpVersion> {
  const [, major = '', minor = ''] = VERSION.exec(said) ?? []
  if (major !== '0') return mismatch()
  const spoken = CRP_VERSIONS.find((version) => Number(version.slice(2)) <= Number(minor))
  return spoken === undefined ? mismatch() : accept(spoken)
}

function mismatch(): Result<never> {
  const detail = `This service speaks CRP ${CRP_VERSIONS.join(' and ')}.`
  return refuse('conflict', { crp: 'version' }, [{ pointer: '', code: 'version', detail }])
}
