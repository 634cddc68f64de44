import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Whether OpenSSL is here. */
export const hasOpenssl = spawnSync('openssl', ['version']).status === 0

const P256 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

/** An authority of somebody else, made with OpenSSL in a folder of its own. */
export interface OpensslAuthority {
  /** File of its certificate: the trust bundle of its domain. */
  readonly bundle: string
  /** Certifies a fresh key for a SPIFFE id; writes key and certificate into the folder. */
  svid(folder: string, id: string): void
}

/** Makes key and root of an authority. */
export function opensslAuthority(folder: string): OpensslAuthority {
  mkdirSync(folder, { recursive: true })
  const [key, bundle] = [join(folder, 'root.key'), join(folder, 'root.pem')]
  const usage = ['-addext', 'keyUsage=critical,keyCertSign', '-days', '1']
  run(['req', '-x509', ...P256, '-keyout', key, '-out', bundle, '-subj', '/O=partner', ...usage])
  return {
    bundle,
    svid: (to, id) => {
      mkdirSync(to, { recursive: true, mode: 0o700 })
      const request = join(folder, 'request.pem')
      const terms = join(folder, 'terms.cnf')
      writeFileSync(
        terms,
        `subjectAltName=URI:${id}\nbasicConstraints=critical,CA:FALSE\n` +
          'keyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth,serverAuth\n',
      )
      run(['req', ...P256, '-keyout', join(to, 'agent.key'), '-out', request, '-subj', '/O=agent'])
      const by = ['-CA', bundle, '-CAkey', key, '-CAcreateserial', '-days', '1']
      run(['x509', '-req', '-in', request, ...by, '-extfile', terms, '-out', join(to, 'agent.crt')])
    },
  }
}

function run(words: readonly string[]): void {
  execFileSync('openssl', words, { stdio: ['ignore', 'ignore', 'pipe'] })
}
