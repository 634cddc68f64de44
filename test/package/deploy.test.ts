import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { readConfig, SETTING_NAMES, variableOf } from '../../src/settings/config.ts'
import { ROOT } from '../tidy/sources.ts'

const DEPLOY = join(ROOT, 'deploy')
const VARIABLES = new Set([
  ...SETTING_NAMES.map(variableOf),
  ...['WRIT_MASTER_KEY_FILE', 'WRIT_PASSPHRASE_FILE'],
])
const MASTER = 'WRIT_MASTER_KEY_FILE'

interface Composed {
  readonly environment: Readonly<Record<string, string>>
  readonly secrets: readonly string[]
}

/** What the process would be set to, or why it would not start. */
function configOf(env: Readonly<Record<string, string>>) {
  for (const name of Object.keys(env)) expect(VARIABLES, name).toContain(name)
  const { [MASTER]: _elsewhere, ...settings } = env
  const read = readConfig({ env: settings })
  if (!read.ok) throw new Error(read.problem)
  return read.config
}

/** Compose fills in a variable's default where the variable is not set. */
function withDefaults(env: Readonly<Record<string, string>>) {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name, value.replace(/\$\{\w+:-(.*)\}/, '$1')]),
  )
}

describe('the Dockerfile', () => {
  const lines = readFileSync(join(DEPLOY, 'Dockerfile'), 'utf8').replaceAll('\\\n', ' ').split('\n')
  const of = (word: string) => lines.filter((line) => line.startsWith(`${word} `))

  test('copies what there is, and what the builder is sent', () => {
    const sent = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n')
    const copied = of('COPY').filter((line) => !line.includes('--from='))
    const paths = copied.flatMap((line) => line.split(/\s+/).slice(1, -1))
    expect(paths.length).toBeGreaterThan(8)
    for (const path of paths) {
      expect(existsSync(join(ROOT, path)), path).toBe(true)
      expect(sent).toContain(`!${path.replace(/^\.\//, '')}`)
    }
    expect(sent).toContain('*')
  })

  test('runs as nobody of importance, is told to end by SIGTERM, and says how it is', () => {
    expect(of('USER')).toEqual(['USER node'])
    expect(of('STOPSIGNAL')).toEqual(['STOPSIGNAL SIGTERM'])
    expect(of('HEALTHCHECK').join()).toContain('http://127.0.0.1:9444/readyz')
    expect(of('FROM').every((line) => /^FROM \$\{NODE_IMAGE\}/.test(line))).toBe(true)
  })

  test('sets settings that there are, and opens the ports they name', () => {
    const env = of('ENV')
      .join(' ')
      .matchAll(/(WRIT_\w+)=(\S+)/g)
    const config = configOf(Object.fromEntries([...env].map(([, name, value]) => [name, value])))
    const exposed = of('EXPOSE').join(' ').split(' ').slice(1).map(Number)
    expect(exposed).toEqual([config['listeners.agents'].port, config['listeners.gateway'].port])
    expect(config['listeners.api'].host).toBe('127.0.0.1')
    expect(config['listeners.admin']).toMatchObject({ port: 9444 })
  })
})

describe('compose.yaml', () => {
  const text = readFileSync(join(DEPLOY, 'compose.yaml'), 'utf8')
  const { services, secrets, volumes, networks } = parse(text, { merge: true })

  test('sets settings that there are', () => {
    for (const name of ['writ', 'migrate']) configOf(withDefaults(services[name].environment))
    const config = configOf(withDefaults(services.writ.environment))
    expect(config['listeners.api'].port).toBe(9441)
  })

  test('names no secret, only files of them, and each of those is declared', () => {
    for (const service of Object.values<Composed>(services)) {
      for (const [name, value] of Object.entries(service.environment)) {
        if (/PASSWORD|KEY|DATABASE_URL/.test(name)) expect(value).toMatch(/^\/run\/secrets\//)
        const [, file] = /^\/run\/secrets\/(.+)$/.exec(value) ?? []
        if (file !== undefined) expect(service.secrets).toContain(file)
      }
      for (const name of service.secrets) {
        expect(secrets[name].file).toBe(`../secrets/${name}`)
      }
    }
    expect(readFileSync(join(ROOT, '.gitignore'), 'utf8')).toContain('/secrets/')
  })

  test('migrates before it serves, on a database that answers, which nobody else reaches', () => {
    expect(services.writ.depends_on.migrate.condition).toBe('service_completed_successfully')
    expect(services.migrate.depends_on.database.condition).toBe('service_healthy')
    expect(services.database.networks).toEqual(['inside'])
    expect(networks.inside.internal).toBe(true)
    expect(services.database.ports).toBeUndefined()
  })

  test('publishes the plain listener on loopback alone, and runs with as little as it needs', () => {
    expect(services.writ.ports).toEqual(['127.0.0.1:9441:9441', '9442:9442', '9443:9443'])
    for (const name of ['writ', 'migrate']) {
      expect(services[name]).toMatchObject({ read_only: true, cap_drop: ['ALL'] })
      expect(existsSync(join(DEPLOY, services[name].build.context))).toBe(true)
    }
    for (const volume of ['database', 'keys']) expect(volumes).toHaveProperty(volume)
  })
})

const KUBECTL = ['/usr/bin/kubectl', '/usr/local/bin/kubectl'].find((path) => existsSync(path))

describe.skipIf(KUBECTL === undefined)('what kubectl makes of deploy/kubernetes', () => {
  const out = () =>
    execFileSync(KUBECTL ?? '', ['kustomize', join(DEPLOY, 'kubernetes')], { encoding: 'utf8' })
  const documents = KUBECTL === undefined ? [] : parseAllDocuments(out()).map((one) => one.toJS())
  const one = (kind: string, name: string) =>
    documents.find((found) => found.kind === kind && found.metadata.name === name)

  test('is what a deployment needs, and no Secret', () => {
    expect(documents.map(({ kind, metadata }) => `${kind}/${metadata.name}`).sort()).toEqual([
      'ConfigMap/writ-settings',
      'Deployment/writ',
      'Job/writ-migrate',
      'NetworkPolicy/writ',
      'PersistentVolumeClaim/writ-keys',
      'PodDisruptionBudget/writ',
      'Service/writ',
      'Service/writ-admin',
      'ServiceAccount/writ',
    ])
  })

  test('sets settings that there are; the containers open the ports they name', () => {
    const config = configOf(one('ConfigMap', 'writ-settings').data)
    const [container] = one('Deployment', 'writ').spec.template.spec.containers
    const ports = container.ports.map((port: { containerPort: number }) => port.containerPort)
    expect(ports).toEqual([
      config['listeners.agents'].port,
      config['listeners.gateway'].port,
      (config['listeners.admin'] as { port: number }).port,
    ])
    expect(config['listeners.api'].host).toBe('127.0.0.1')
    for (const name of ['writ', 'writ-admin']) {
      for (const port of one('Service', name).spec.ports) {
        const named = container.ports.find((of: { name: string }) => of.name === port.targetPort)
        expect(named.containerPort).toBe(port.port)
      }
    }
  })

  test('looks at health where it is answered, by a name that is known', () => {
    const { server_names: names } = configOf(one('ConfigMap', 'writ-settings').data)
    const [container] = one('Deployment', 'writ').spec.template.spec.containers
    const probes = [container.startupProbe, container.livenessProbe, container.readinessProbe]
    const paths = probes.map(({ httpGet }) => httpGet.path)
    expect(paths).toEqual(['/healthz', '/healthz', '/readyz'])
    for (const { httpGet } of probes) {
      expect(httpGet.port).toBe('admin')
      expect(names).toContain(httpGet.httpHeaders[0].value)
    }
  })

  test('has pods that meet the restricted standard, with time to drain', () => {
    for (const workload of [one('Deployment', 'writ'), one('Job', 'writ-migrate')]) {
      const { spec } = workload.spec.template
      expect(spec.securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      })
      expect(spec.automountServiceAccountToken).toBe(false)
      for (const container of spec.containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        })
        expect(container.resources.limits.memory).toBeDefined()
      }
      // A file that others may read is refused at the start.
      for (const { secret } of spec.volumes.filter((of: object) => 'secret' in of)) {
        expect(secret.defaultMode).toBe(0o440)
      }
    }
    const { drain_notice_ms: notice } = configOf(one('ConfigMap', 'writ-settings').data)
    const { terminationGracePeriodSeconds: grace } = one('Deployment', 'writ').spec.template.spec
    expect(grace).toBeGreaterThan(notice / 1_000 + 10)
  })

  test('sends calls to the pods that serve, and never to the one that migrates', () => {
    const { labels } = one('Deployment', 'writ').spec.template.metadata
    const migrate = one('Job', 'writ-migrate').spec.template.metadata.labels
    const selectors = [
      one('Service', 'writ').spec.selector,
      one('Service', 'writ-admin').spec.selector,
      one('PodDisruptionBudget', 'writ').spec.selector.matchLabels,
      one('Deployment', 'writ').spec.selector.matchLabels,
    ]
    for (const selector of selectors) {
      expect(labels).toMatchObject(selector)
      expect(migrate).not.toMatchObject(selector)
    }
  })
})
