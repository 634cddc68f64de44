import { isInjectable } from '../../domain/credential.ts'
import type { PlannedCredential } from './plan.ts'

/** A route for each credential that can go into a request, as `routes.toml` takes it. */
export function routeLines(
  planned: readonly PlannedCredential[],
  environment: string | undefined,
): readonly string[] {
  return planned.filter(isInjectable).flatMap(({ name, origins: [upstream] }) => {
    if (upstream === undefined) return []
    const route = name.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '')
    return [
      [
        '[[route]]',
        `name = "${route}"`,
        `upstream = "${upstream}"`,
        `resource = "urn:${route}"`,
        `credential = "${name}"`,
        ...(environment === undefined ? [] : [`environment = "${environment}"`]),
      ].join('\n'),
    ]
  })
}

/** What is left to do once the secrets of a file are stored. */
export function nextLines(
  file: string,
  planned: readonly PlannedCredential[],
  environment: string | undefined,
): readonly string[] {
  const [first] = planned
  if (first === undefined) return []
  const routes = routeLines(planned, environment)
  const nowhere = planned.filter((one) => !isInjectable(one)).map(({ variable }) => variable)
  const names = JSON.stringify(planned.map(({ name }) => name))
  const from = file === '-' ? 'the file they came from' : file
  const gone = `${nowhere.length === 0 ? 'them' : 'the others'} out of ${from}`
  const steps = [
    routes.length > 0 && `Routes for routes.toml:\n\n${routes.join('\n\n')}\n`,
    `Name them in the terms of the agents that may use them: "credentials": ${names}.`,
    nowhere.length > 0 &&
      `No route puts these into a request, so keep them where they are: ${nowhere.join(', ')}.`,
    'They lay in a file: have new ones made where they come from, and put each in with\n' +
      `   writ credential rotate ${planned.length === 1 ? first.name : 'NAME'}.`,
    routes.length > 0 && `Take ${gone} once the routes work: nobody can read them back from here.`,
  ].filter((step) => step !== false)
  return ['', 'Next:', ...steps.map((step, at) => `${at + 1}. ${step}`)]
}
