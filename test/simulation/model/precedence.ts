import { REFUSALS, type RefusalCode } from '../../../src/domain/refusal.ts'

/** §7: "one closed table of codes in precedence order"; of several that apply the earliest. */
export function earliest(codes: readonly (RefusalCode | undefined)[]): RefusalCode | undefined {
  const applying = new Set(codes)
  return [...REFUSALS.keys()].find((code) => applying.has(code))
}

/** The first stage that refuses tells; later stages are not reached. */
export function firstStage(
  stages: readonly (() => RefusalCode | undefined)[],
): RefusalCode | undefined {
  for (const stage of stages) {
    const code = stage()
    if (code !== undefined) return code
  }
  return undefined
}
