/** Limits of alerts, webhooks and what watches the trail. */

/** Alerts are kept this long for people who look back; the audit trail keeps what they tell of. */
export const ALERTS_KEPT_SECONDS = 90 * 24 * 60 * 60
