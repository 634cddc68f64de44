import { signal } from '@preact/signals'

/** What a screen reader is told of next, without moving there. */
export const announcement = signal('')

/** Tells what happened. */
export function announce(text: string): void {
  announcement.value = text
}
