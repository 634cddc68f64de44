import { fingerprintOf, type MasterKey, seal, unseal, vouch, vouchesFor } from './sealing.ts'

/** The master key that goes, and the one that comes. */
export interface MasterKeys {
  readonly from: MasterKey
  readonly to: MasterKey
}

/**
 * A sealed text or a mark under the new key; `already`: it is; `unopened`: neither key made it, so
 * it is left as dead as it was.
 */
export type Resealed = { readonly text: string } | 'already' | 'unopened'

/** Seals a text anew under the new key, for the same place. Safe to ask again. */
export function resealed({ from, to }: MasterKeys, label: string, text: string): Resealed {
  if (opens(to, label, text)) return 'already'
  const plain = openedBy(from, label, text)
  if (plain === undefined) return 'unopened'
  try {
    return { text: seal(to, label, plain) }
  } finally {
    plain.fill(0)
  }
}

/** Marks a text anew that the old key vouched for, and no other. Safe to ask again. */
export function remarked(
  { from, to }: MasterKeys,
  label: string,
  { text, mark }: { readonly text: string; readonly mark: string },
): Resealed {
  if (vouchesFor(to, label, text, mark)) return 'already'
  if (!vouchesFor(from, label, text, mark)) return 'unopened'
  return { text: vouch(to, label, text) }
}

/** Whether two master keys are one. */
export function sameKey(one: MasterKey, other: MasterKey): boolean {
  return fingerprintOf(one) === fingerprintOf(other)
}

function opens(master: MasterKey, label: string, text: string): boolean {
  const plain = openedBy(master, label, text)
  plain?.fill(0)
  return plain !== undefined
}

function openedBy(master: MasterKey, label: string, text: string): Buffer | undefined {
  try {
    return unseal(master, label, text)
  } catch {
    return undefined
  }
}
