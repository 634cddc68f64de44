import { writeFileSync } from 'node:fs'
import { ROUTES } from './app.ts'
import { buildDocument, documentText } from './document.ts'
import { OPEN_ROUTES } from './public.ts'

/** `npm run openapi`: writes the document where everybody looks for it. */
writeFileSync('openapi.yaml', documentText(buildDocument(ROUTES, OPEN_ROUTES)))
