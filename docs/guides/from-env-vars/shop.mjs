// A stand-in for a service that demands a key: answers who shows it, in `SHOP_KEY`, with what was asked.
import { createServer } from 'node:http'

createServer(({ method, url, headers }, response) => {
  const known = headers.authorization === `Bearer ${process.env.SHOP_KEY}`
  response.writeHead(known ? 200 : 401).end(known ? `the shop answers ${method} ${url}\n` : 'no\n')
}).listen(9480, '127.0.0.1', () => console.log('the shop is open at http://127.0.0.1:9480'))
