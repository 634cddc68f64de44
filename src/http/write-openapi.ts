import { writeFileSync } from 'node:fs'
import { buildDocument, documentText } from './document.ts'
import { OPEN_ROUTES } from './public.ts'
import { ROUTES } from './route-table.ts'

/** `npm run openapi`: writes the document where everybody looks for it. */
writeFileSync('openapi.yaml', documentText(buildDocument(ROUTES, OPEN_ROUTES)))
