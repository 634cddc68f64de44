/** Limits of alerts, webhooks and what watches the trail. */

/** Alerts are kept this long for people who look back; the audit trail keeps what they tell of. */
export const ALERTS_KEPT_SECONDS = 90 * 24 * 60 * 60

/** Webhooks of one tenant: each alert is told to each of them. */
export const WEBHOOKS_MAX = 32
/** Characters of the address of a webhook: longer ones are no addresses. */
export const WEBHOOK_URL_CHARACTERS_MAX = 2_048
/** A receiver that takes longer to answer is tried later: it has to take note, not to work. */
export const WEBHOOK_TIMEOUT_MS = 5_000
/** How often a process looks for deliveries that are due: a person is told within seconds. */
export const WEBHOOK_LOOK_MS = 1_000
/** A delivery that somebody began is nobody else's for this long: several times its timeout. */
export const WEBHOOK_CLAIM_SECONDS = 30
/** Deliveries one process has under way. */
export const WEBHOOK_DELIVERIES_MAX = 16
/** Deliveries under way to one receiver: a slow one leaves room for the others. */
export const WEBHOOK_DELIVERIES_PER_RECEIVER_MAX = 4
/** First pause before a delivery is tried again; doubles. */
export const WEBHOOK_RETRY_SECONDS = 5
/** Longest pause between two attempts. */
export const WEBHOOK_RETRY_SECONDS_MAX = 60 * 60
/** Attempts at one delivery: about seven hours, a night's outage; then it is given up. */
export const WEBHOOK_ATTEMPTS_MAX = 16
/** Alerts whose deliveries are written in one transaction. */
export const ALERTS_TOLD_MAX = 64
