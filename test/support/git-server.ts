import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A real Git server over HTTP, with two repositories: `acme/app.git` and `acme/other.git`. */
export interface GitServer {
  readonly origin: string
  /** Where the repositories lie. */
  readonly folder: string
  /** Every Authorization header that arrived, or undefined where there was none. */
  readonly shown: readonly (string | undefined)[]
  close(): Promise<void>
}

/** What git needs to work without the settings of whoever runs the tests. */
export const GIT_ENV = {
  PATH: process.env['PATH'] ?? '',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Test',
  GIT_AUTHOR_EMAIL: 'test@acme.example',
  GIT_COMMITTER_NAME: 'Test',
  GIT_COMMITTER_EMAIL: 'test@acme.example',
}

/** Runs git to its end; throws with what it said when it fails. */
export function git(cwd: string, ...args: readonly string[]): string {
  return execFileSync('git', args, { cwd, env: GIT_ENV, encoding: 'utf8', stdio: 'pipe' })
}

/**
 * Starts `git http-backend` behind a server that lets in only who shows the password, when there is
 * one; beside the repositories it answers `/repos/…` with the method and the address.
 */
export async function startGitServer(password?: string): Promise<GitServer> {
  const folder = mkdtempSync(join(tmpdir(), 'writ-git-'))
  for (const name of ['app', 'other']) plant(folder, name)
  const shown: (string | undefined)[] = []
  const server = createServer((request, response) => {
    const { authorization } = request.headers
    shown.push(authorization)
    if (password !== undefined && !lets(authorization, password)) {
      response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="git"' }).end()
    } else if (request.url?.startsWith('/repos/') === true) {
      response.end(`${request.method} ${request.url}`)
    } else {
      serveGit(folder, request, response)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    folder,
    shown,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function lets(authorization: string | undefined, password: string): boolean {
  const [scheme, given = ''] = (authorization ?? '').split(' ')
  return scheme === 'Basic' && Buffer.from(given, 'base64').toString().endsWith(`:${password}`)
}

/** A bare repository with one commit on `main`, which takes pushes over HTTP. */
function plant(folder: string, name: string): void {
  const work = join(folder, `work-${name}`)
  git(folder, 'init', '-q', '-b', 'main', work)
  writeFileSync(join(work, 'README'), `${name}\n`)
  git(work, 'add', '.')
  git(work, 'commit', '-q', '-m', 'First')
  git(folder, 'clone', '-q', '--bare', work, join(folder, 'acme', `${name}.git`))
  git(join(folder, 'acme', `${name}.git`), 'config', 'http.receivepack', 'true')
}

/** CGI (RFC 3875), as far as `git http-backend` needs it. */
function serveGit(folder: string, request: IncomingMessage, response: ServerResponse): void {
  const [path = '', query = ''] = (request.url ?? '/').split('?', 2)
  const { headers } = request
  const backend = spawn('git', ['http-backend'], {
    env: {
      ...GIT_ENV,
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: path,
      QUERY_STRING: query,
      REQUEST_METHOD: request.method ?? 'GET',
      CONTENT_TYPE: headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(headers['git-protocol'] ?? ''),
      REMOTE_USER: 'test',
    },
  })
  request.pipe(backend.stdin)
  backend.stdin.on('error', () => undefined)
  let head = Buffer.alloc(0)
  let begun = false
  backend.stdout.on('data', (chunk: Buffer) => {
    if (begun) return void response.write(chunk)
    head = Buffer.concat([head, chunk])
    const end = head.indexOf('\r\n\r\n')
    if (end < 0) return
    begun = true
    writeHead(response, head.subarray(0, end).toString('latin1'))
    response.write(head.subarray(end + 4))
  })
  backend.on('close', () => response.end())
}

function writeHead(response: ServerResponse, text: string): void {
  let status = 200
  for (const line of text.split('\r\n')) {
    const [name = '', value = ''] = line.split(/: ?(.*)/, 2)
    if (name === 'Status') status = Number.parseInt(value, 10)
    else response.setHeader(name, value)
  }
  response.writeHead(status)
}
