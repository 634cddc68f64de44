import { createHash, createPublicKey, type JsonWebKey, verify } from 'node:crypto'

/** One line of an export, by its kind. */
export type TrailLine =
  | { readonly kind: 'chain'; readonly chain: string; readonly genesis: string }
  | ({ readonly kind: 'record' } & TrailRecord)
  | { readonly kind: 'checkpoint'; readonly number: number; readonly jws: string }

/** A record as the API shows it: `body` is the exact text that was hashed. */
export interface TrailRecord {
  readonly chain: string
  readonly sequence: number
  readonly previous_hash: string
  readonly hash: string
  readonly body: string
}

/** What a verification came to. `faults` name the first places that do not fit. */
export interface TrailVerdict {
  readonly ok: boolean
  readonly records: number
  readonly chains: number
  readonly checkpoints: number
  /** Whether checkpoint signatures were held against keys that the caller trusts. */
  readonly signatures: 'verified' | 'not_verified'
  readonly faults: readonly string[]
}

interface Head {
  readonly chain: string
  readonly sequence: number
  readonly hash: string
}

/** A checkpoint by its own hash and that of the one it names before it. */
interface Checkpoint {
  readonly hash: string
  readonly previous: unknown
}

const FAULTS_MAX = 20

/**
 * Verifies an export of the audit trail, line by line, without a store: written apart from the code
 * that writes the chains, so that one mistake does not hide in both.
 *
 * Holds: each chain counts from 1 without a gap; each record carries its own hash and that of the
 * record before; the first follows its genesis; the position inside the hashed text is the one
 * outside; every head a genesis or checkpoint names is in the export with that hash; checkpoints
 * name the one before, back to the first. With keys, each checkpoint is also signed by one of them.
 * What came after the last checkpoint can have been cut off without a trace.
 */
export class TrailVerifier {
  readonly #keys: readonly JsonWebKey[] | undefined
  readonly #geneses = new Map<string, string>()
  readonly #hashes = new Map<string, string[]>()
  readonly #heads: (Head & { readonly named: string })[] = []
  readonly #faults: string[] = []
  #records = 0
  readonly #checkpoints = new Map<number, Checkpoint>()

  /** `keys` are those the caller trusts for checkpoints; without them signatures are not judged. */
  constructor(keys: readonly JsonWebKey[] | undefined) {
    this.#keys = keys
  }

  /** Takes the next line; a chain comes before its records, and those in their order. */
  take(line: TrailLine): void {
    if (line.kind === 'chain') this.#takeChain(line.chain, line.genesis)
    else if (line.kind === 'record') this.#takeRecord(line)
    else this.#takeCheckpoint(line.number, line.jws)
  }

  /** The verdict over everything taken; asked once, at the end. */
  verdict(): TrailVerdict {
    for (const [number, { previous }] of this.#checkpoints) {
      if (number === 1 ? previous === null : previous === this.#checkpoints.get(number - 1)?.hash) {
        continue
      }
      this.#fault(`checkpoint ${number}: the one before it is not here`)
    }
    for (const { chain, sequence, hash, named } of this.#heads) {
      if (this.#hashes.get(chain)?.[sequence - 1] === hash) continue
      this.#fault(`${chain} ${sequence}: ${named} knows another record there`)
    }
    return {
      ok: this.#faults.length === 0,
      records: this.#records,
      chains: this.#geneses.size,
      checkpoints: this.#checkpoints.size,
      signatures: this.#keys === undefined ? 'not_verified' : 'verified',
      faults: this.#faults,
    }
  }

  #takeChain(chain: string, genesis: string): void {
    if (this.#geneses.has(chain)) this.#fault(`${chain}: begins twice`)
    this.#geneses.set(chain, genesis)
    const { heads: known } = readObject(genesis)
    for (const head of headsIn(known)) {
      this.#heads.push({ ...head, named: `the genesis of ${chain}` })
    }
  }

  #takeRecord(record: TrailRecord): void {
    this.#records += 1
    const place = `${record.chain} ${record.sequence}`
    const chain = this.#hashes.get(record.chain) ?? []
    this.#hashes.set(record.chain, chain)
    const expected = chain.length + 1
    if (record.sequence !== expected) this.#fault(`${place}: ${expected} was expected`)
    const genesis = this.#geneses.get(record.chain)
    if (genesis === undefined) this.#fault(`${place}: its chain has no genesis`)
    const before = chain[chain.length - 1] ?? sha256(genesis ?? '')
    if (record.previous_hash !== before) this.#fault(`${place}: does not follow the one before`)
    if (sha256(record.previous_hash + record.body) !== record.hash) {
      this.#fault(`${place}: its text is not the one that was hashed`)
    }
    const inside = readObject(record.body)
    if (inside['chain'] !== record.chain || inside['sequence'] !== record.sequence) {
      this.#fault(`${place}: its text names another place`)
    }
    chain.push(record.hash)
  }

  #takeCheckpoint(number: number, jws: string): void {
    const place = `checkpoint ${number}`
    const statement = readStatement(jws)
    if (this.#checkpoints.has(number)) this.#fault(`${place}: is there twice`)
    this.#checkpoints.set(number, { hash: sha256(jws), previous: statement['previous'] })
    if (!Array.isArray(statement['chains'])) this.#fault(`${place}: is not a checkpoint`)
    if (this.#keys !== undefined && !isSignedBy(jws, this.#keys)) {
      this.#fault(`${place}: is not signed by one of the keys given`)
    }
    for (const head of headsIn(statement['chains'])) this.#heads.push({ ...head, named: place })
  }

  #fault(text: string): void {
    if (this.#faults.length < FAULTS_MAX) this.#faults.push(text)
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('base64url')
}

function readObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

function headsIn(value: unknown): readonly Head[] {
  return Array.isArray(value) ? (value as readonly Head[]) : []
}

function readStatement(jws: string): Readonly<Record<string, unknown>> {
  const [, payload = ''] = jws.split('.')
  return readObject(Buffer.from(payload, 'base64url').toString('utf8'))
}

/** RFC 7515 §5.2 with Ed25519 alone: the key is chosen by its id, never by the header's word. */
function isSignedBy(jws: string, keys: readonly JsonWebKey[]): boolean {
  const [header = '', payload = '', signature = ''] = jws.split('.')
  const { kid, typ } = readObject(Buffer.from(header, 'base64url').toString('utf8'))
  const key = keys.find((candidate) => candidate['kid'] === kid && candidate.crv === 'Ed25519')
  if (key === undefined || typ !== 'writ-checkpoint+jwt') return false
  const { kty = '', crv = '', x = '' } = key
  const publicKey = createPublicKey({ key: { kty, crv, x }, format: 'jwk' })
  const signed = Buffer.from(`${header}.${payload}`)
  return verify(null, signed, publicKey, Buffer.from(signature, 'base64url'))
}
