// The joiners (U+200C, U+200D) belong to the spelling of words and signs, and hide nothing.
const HIDDEN = /(?![\t\n\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/**
 * Text of others as people may look at it: what is not seen, or moves what is, stands there as its
 * number (`\u202e`). So a reason or a name can not move the cursor of a terminal, recolour a
 * verdict, turn the order of what is read around or hide words. Line feeds and tabs stay.
 */
export function shownText(text: string): string {
  return text.replace(HIDDEN, (character) => {
    const number = (character.codePointAt(0) ?? 0).toString(16)
    return number.length > 4 ? `\\u{${number}}` : `\\u${number.padStart(4, '0')}`
  })
}

/**
 * A value as JSON that a terminal may get, on one line unless indented: what `shownText` would not
 * show is escaped in its strings, so who reads the JSON reads the same value.
 */
export function shownJson(value: unknown, indent = 0): string {
  const text: string | undefined = JSON.stringify(value, null, indent)
  return (text ?? 'null').replace(HIDDEN, (character) => {
    const units = Array.from(character.split(''), (unit) => unit.charCodeAt(0).toString(16))
    return units.map((unit) => `\\u${unit.padStart(4, '0')}`).join('')
  })
}
