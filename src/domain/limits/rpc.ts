/** Calls in one batch of JSON-RPC: a client's start-up asks for a handful; each is a decision. */
export const RPC_BATCH_MAX = 20
