import { signal } from '@preact/signals'

/** The moment in milliseconds, once a second, for what counts down. */
export const clock = signal(Date.now())
setInterval(() => {
  clock.value = Date.now()
}, 1000)
