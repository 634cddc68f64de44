import { register } from 'node:module'

// `node --import ./bench/shipped.mjs file.ts` runs TypeScript as it ships: with its types taken out
// and nothing put in. tsx defines the name of each function anew whenever it is made, for the sake
// of stack traces, which a call through the gateway does dozens of times.
register('./shipped-loader.mjs', import.meta.url)
