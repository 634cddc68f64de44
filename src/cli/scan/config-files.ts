/** What lines of a tool's own file hold its secrets; the first group is the secret. */
interface ConfigRule {
  readonly what: string
  readonly line: RegExp
  /** Whether a file is one; `path` has forward slashes. */
  readonly is: (path: string, text: string) => boolean
}

const named = (pattern: RegExp) => (path: string) => pattern.test(path)

const RULES: readonly ConfigRule[] = [
  {
    what: 'credential of Kubernetes',
    is: (path, text) =>
      /(?:^|\/)(?:\.kube\/config|kubeconfig|[\w.-]+\.kubeconfig)$/.test(path) ||
      (/\.ya?ml$/.test(path) && /^kind: *Config\b/m.test(text) && /^clusters:/m.test(text)),
    line: /^[ \t-]*(?:client-key-data|(?:id-|refresh-)?token|password):[ \t]*["']?([^"'\s#]+)/gm,
  },
  {
    what: 'credential of AWS',
    is: named(/(?:^|\/)\.aws\/(?:credentials|config)$/),
    line: /^[ \t]*aws_(?:secret_access_key|session_token)[ \t]*=[ \t]*(\S+)/gm,
  },
  {
    what: 'credential of npm',
    is: named(/(?:^|\/)\.?npmrc$/),
    line: /^(?:[^\n#;=]{0,300}:)?(?:_authToken|_auth|_password)[ \t]*=[ \t]*["']?([^"'\s]+)/gm,
  },
  {
    what: 'password of netrc',
    is: named(/(?:^|\/)[._]netrc$/),
    line: /\bpassword[ \t]+([^\s#]\S*)/g,
  },
  {
    what: 'password of git',
    is: named(
      /(?:^|\/)(?:\.git-credentials|git\/credentials|\.git\/config|\.gitmodules|\.gitconfig)$/,
    ),
    line: /[a-z][a-z0-9+]{1,9}:\/\/[^\s:@/]{1,200}:([^\s@/]{1,500})@/g,
  },
  {
    what: 'credential of a container registry',
    is: named(/(?:^|\/)(?:\.docker\/config\.json|\.dockercfg|\.dockerconfigjson)$/),
    line: /"(?:auth|identitytoken|registrytoken|password)"[ \t]*:[ \t]*"([^"]+)"/g,
  },
  {
    what: 'password of PyPI',
    is: named(/(?:^|\/)\.pypirc$/),
    line: /^[ \t]*password[ \t]*[:=][ \t]*(\S+)/gm,
  },
  {
    what: 'password of PostgreSQL',
    is: named(/(?:^|\/)\.pgpass$/),
    line: /^(?!#)[^:\n]+:[^:\n]+:[^:\n]+:[^:\n]+:(\S+)$/gm,
  },
]

/** The rules for one file, by its name and, of Kubernetes, by what stands in it. */
export function configRulesFor(path: string, text: string): readonly ConfigRule[] {
  return RULES.filter(({ is }) => is(path, text))
}
