import { createPublicKey, verify } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'

// A worker thread that takes tokens, says so, and verifies them all when told to go. Plain
// JavaScript, since Node 20 gives the loader of TypeScript to no worker.
const key = createPublicKey(workerData)
let parts = []
parentPort.on('message', (told) => {
  if (told !== 'go') {
    parts = told
    parentPort.postMessage('handed over')
    return
  }
  parentPort.postMessage(parts.every((part) => verify(null, part.signed, key, part.signature)))
})
parentPort.postMessage('ready')
