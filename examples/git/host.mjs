// A stand-in for a Git host: two repositories behind one password, by `git http-backend`.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folder = mkdtempSync(join(tmpdir(), 'git-host-'))
const password = process.env.HOST_PASSWORD ?? ''
const git = (...words) => execFileSync('git', words, { stdio: ['ignore', 'ignore', 'inherit'] })

for (const name of ['app', 'other']) {
  const work = join(folder, name)
  git('init', '-q', '-b', 'main', work)
  writeFileSync(join(work, 'README'), `${name}\n`)
  git('-C', work, 'add', '.')
  const who = ['-c', 'user.name=Example', '-c', 'user.email=example@acme.example']
  git('-C', work, ...who, 'commit', '-q', '-m', 'First')
  git('clone', '-q', '--bare', work, join(folder, 'acme', `${name}.git`))
}

/** CGI (RFC 3875), as far as git needs it. */
function backend(request, response) {
  const [path, query = ''] = request.url.split('?', 2)
  const child = spawn('git', ['http-backend'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: path,
      QUERY_STRING: query,
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: request.headers['git-protocol'] ?? '',
    },
  })
  request.pipe(child.stdin).on('error', () => undefined)
  const chunks = []
  child.stdout.on('data', (chunk) => chunks.push(chunk))
  child.on('close', () => {
    const all = Buffer.concat(chunks)
    const end = all.indexOf('\r\n\r\n')
    const fields = all.subarray(0, end).toString().split('\r\n')
    const lines = fields.map((line) => line.split(': ', 2))
    const status = lines.find(([name]) => name === 'Status')?.[1] ?? '200'
    response.writeHead(Number.parseInt(status, 10), Object.fromEntries(lines))
    response.end(all.subarray(end + 4))
  })
}

createServer((request, response) => {
  const shown = Buffer.from(request.headers.authorization?.split(' ')[1] ?? '', 'base64')
  if (shown.toString() === `x-access-token:${password}`) return backend(request, response)
  response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="git"' }).end()
}).listen(9480, '127.0.0.1', () => console.log('two repositories at http://127.0.0.1:9480/acme/'))
