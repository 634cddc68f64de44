/** The server behind the gateway. It tells its parent the port the system chose. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

const CHUNK_EVERY_MS = 20

/** What calls of private paths have to show; nobody has it before the owner says. */
let key: string | undefined

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://upstream.invalid')
  if (pathname === '/echo') return answer(response, 200, echo(request))
  if (pathname.startsWith('/private/')) {
    const known = key !== undefined && request.headers.authorization === `Bearer ${key}`
    return known
      ? answer(response, 200, echo(request))
      : answer(response, 401, { error: 'this key is not known' })
  }
  if (pathname.startsWith('/repos/')) return answer(response, 200, { repo: pathname.slice(7) })
  if (pathname.startsWith('/stream/')) return drip(response)
  return answer(response, 404, { error: 'no such resource' })
})

/** Everything that arrived, so that one can see what did not. */
function echo(request: IncomingMessage): object {
  return { method: request.method, target: request.url, headers: request.headers }
}

/** A body that never ends by itself. */
function drip(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/plain' })
  const timer = setInterval(() => response.write('drop\n'), CHUNK_EVERY_MS)
  response.on('close', () => clearInterval(timer))
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  process.send?.({ port: address.port })
})
process.on('message', (message: { readonly key: string }) => {
  key = message.key
  process.send?.({ taken: true })
})
process.on('disconnect', () => process.exit(0))
