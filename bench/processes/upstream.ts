import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An HTTP upstream that answers every request with the same 1 KiB of JSON. */
const body = JSON.stringify({ text: 'x'.repeat(1_000) })
const server = createServer((request, response) => {
  request.resume()
  response.setHeader('content-type', 'application/json')
  response.setHeader('content-length', Buffer.byteLength(body))
  response.end(body)
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port })
})
process.on('disconnect', () => process.exit(0))
