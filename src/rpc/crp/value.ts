import type { RetrievedCredential } from '../../usecases/credentials/retrieve-credential.ts'

/**
 * CRPX-05: a value in the shape of its type. Both shapes in one: `value`, as the first page of CRP
 * has it, and the members of the specification. Nothing here keeps it; the caller drops the secret.
 */
export function valueView({ credential, fields }: RetrievedCredential, seconds: number) {
  const text = (name: string) => fields[name]?.use((bytes) => bytes.toString()) ?? ''
  const value = text('value')
  const { kind, placement } = credential
  switch (kind) {
    case 'bearer':
    case 'oauth_client':
      return {
        ...{ type: 'oauth_bearer', token: value, value, tokenType: 'Bearer' },
        expiresIn: seconds,
      }
    case 'connection_string':
      return { type: kind, value, dialect: value.split(':', 1)[0] ?? '' }
    case 'basic': {
      const username = placement.in === 'basic' ? placement.username : ''
      const data = { username, password: value }
      return { type: 'custom', customType: 'basic_auth', data, value }
    }
    case 'custom': {
      const data = Object.fromEntries(Object.keys(fields).map((name) => [name, text(name)]))
      return { type: kind, customType: `x-${credential.category}`, data, value }
    }
    default: {
      const header = placement.in === 'header' ? placement.name : 'Authorization'
      const prefix = placement.in === 'header' ? placement.prefix.trim() : 'Bearer'
      return { type: 'api_key', key: value, value, header, prefix }
    }
  }
}
