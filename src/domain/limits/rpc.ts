/** Calls in one batch of JSON-RPC: a client's start-up asks for a handful; each is a decision. */
export const RPC_BATCH_MAX = 20
/** Methods and paths of one entry that are asked about one by one where policies allow a part. */
export const CATALOG_PARTS_MAX = 64
/** Services in one answer of `crp/list`, where the client asks for more or for no number. */
export const CRP_SERVICES_MAX = 50
/** Scopes of one request of CRP. */
export const CRP_SCOPES_MAX = 64
/** Leases below a revoked one that are told; the revocation does not wait for a count. */
export const CRP_AFFECTED_MAX = 1_000
/** How long after its end a root lease of a local client may be renewed; CRP allows 60 s. */
export const CRP_RENEWAL_GRACE_SECONDS = 30
