/** Writes the golden vectors anew (`npx tsx test/vectors/make.ts`). A test fails when they differ. */
import { writeFileSync } from 'node:fs'
import { tokensDocument } from './document.ts'

writeFileSync(new URL('./tokens.json', import.meta.url), tokensDocument())
