import { render } from 'preact'
import { App } from './app.tsx'
import { resume } from './session.ts'

const root = document.getElementById('console')
if (root === null) throw new Error('There is no place for the console.')
render(<App />, root)
void resume()
