/** Limits of the connector that stands beside an agent. */

/** A connector tells of itself this often, and so stops at the latest when it is revoked. */
export const CONNECTOR_HEARTBEAT_MS = 10_000
