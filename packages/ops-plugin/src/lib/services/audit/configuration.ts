import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findSecrets } from '../../health/secrets.ts'
import { SERVICES_FILE } from '../definition.ts'
import { readServices } from '../services-file.ts'
import type { AuditRule } from './rule.ts'

const LOCAL = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\]|.+\.(?:local|internal|localhost))$/i

/** What the definitions of services themselves get wrong. */
export const configurationRules: readonly AuditRule[] = [
  {
    id: 'config.plain-http',
    focus: 'security',
    title: 'services on other machines are asked over TLS',
    mend: 'ask by https://, or over a private network',
    async look({ workspace }) {
      return readServices(workspace).services.flatMap(({ name, checks }) =>
        checks.flatMap((check) => {
          if (check.type !== 'http' || !check.url.startsWith('http:') || LOCAL.test(new URL(check.url).hostname)) return []
          const severity = check.headersFromEnv === undefined ? ('low' as const) : ('high' as const)
          const what = check.headersFromEnv === undefined ? '' : `, with ${Object.keys(check.headersFromEnv).join(', ')} in the clear`
          return [{ severity, evidence: `service "${name}" is asked by ${check.url}${what}`, file: SERVICES_FILE }]
        }),
      )
    },
  },
  {
    id: 'config.secrets',
    focus: 'security',
    title: 'no secret stands in the definitions of services',
    mend: 'put it into the environment, name it in headersFromEnv, and change the secret, as it was committed',
    async look({ workspace }) {
      const text = await readFile(join(workspace, SERVICES_FILE), 'utf8').catch(() => '')
      return findSecrets(text).map(({ line, what }) => ({ severity: 'high', evidence: what, file: SERVICES_FILE, line }))
    },
  },
]
