// A stand-in for the service behind the gateway: answers every request with what it was asked.
import { createServer } from 'node:http'

const port = Number(process.argv[2] ?? 9480)
const server = createServer((request, response) => {
  response.setHeader('content-type', 'text/plain')
  response.end(`upstream saw ${request.method} ${request.url}\n`)
})
server.listen(port, '127.0.0.1', () => {
  console.log(`upstream on http://127.0.0.1:${server.address().port}`)
})
