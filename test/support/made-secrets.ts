const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/**
 * Letters of both cases and digits that look like chance and are always the same, so that no text
 * that a provider would take for its own has to lie in this tree.
 */
export function letters(length: number, seed = 7): string {
  let state = seed
  return Array.from({ length }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return ALPHABET[Math.floor((state / 2_147_483_648) * ALPHABET.length)] ?? 'A'
  }).join('')
}
