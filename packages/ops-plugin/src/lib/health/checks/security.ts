import { posix } from 'node:path'
import { type Check, type Finding, fail, HARD_CAP, warn } from '../check.ts'
import { pathsLike } from '../project.ts'
import { findSecrets } from '../secrets.ts'

/** Where files stand in for real ones. */
const FOR_SHOW = /(^|\/)(tests?|__tests__|spec|testdata|fixtures?|examples?|demos?)\//i

const secrets: Check = {
  id: 'security.secrets',
  domain: 'security',
  title: 'No file holds a secret',
  weight: 12,
  cap: HARD_CAP,
  mend: 'revoke the secret first, then take it out of the file and keep it in the environment or a vault',
  applies: ({ snapshot }) => snapshot.files.size > 0,
  inspect: ({ path, text }) =>
    findSecrets(text).map(({ line, what }) => {
      // A server in an example cannot do without a key, and this one is everybody's.
      const judge = what === 'a private key' && FOR_SHOW.test(path) ? warn : fail
      return judge(`looks like ${what}`, { file: path, line })
    }),
  run: (_project, inspected) => inspected,
}

const SECRET_FILE =
  /^(\.env(\..+)?|id_(rsa|dsa|ecdsa|ed25519)|.+\.(p12|pfx|jks|keystore)|\.netrc|\.pgpass|credentials\.json|service-account.*\.json)$/
const SAMPLE = /(^|[.-])(example|sample|template|dist|defaults?|test|ci|debug)([.-]|$)|schema/i

const secretFiles: Check = {
  id: 'security.secret-files',
  domain: 'security',
  title: 'Files that are made to hold secrets stay out of the repository',
  weight: 8,
  cap: HARD_CAP,
  mend: 'git rm --cached PATH, a line in .gitignore, and new secrets in place of those that were in it',
  applies: ({ snapshot }) => snapshot.files.size > 0,
  run: ({ snapshot }) =>
    [...snapshot.files.values()]
      .filter(
        ({ path, bytes }) =>
          bytes > 0 && SECRET_FILE.test(posix.basename(path)) && !SAMPLE.test(posix.basename(path)) && !FOR_SHOW.test(path),
      )
      .flatMap(({ path }): Finding[] => {
        const name = posix.basename(path)
        const text = snapshot.text(path)
        if (!name.startsWith('.env') || text === undefined || holdsCredential(text))
          return [fail('is made to hold secrets and is not kept out by .gitignore', { file: path })]
        // Builds of web pages keep their settings in such as .env.production, for everybody to read.
        return name === '.env' || name.endsWith('.local')
          ? [warn('holds no secret yet and is not kept out by .gitignore', { file: path })]
          : []
      }),
}

const PUBLIC_NAME = /^(VITE|NEXT_PUBLIC|REACT_APP|PUBLIC|NUXT_PUBLIC|GATSBY|EXPO_PUBLIC)_/
const CREDENTIAL_NAME = /secret|token|passw|pwd|credential|private|dsn|(^|_)key$|api_?key/i

/** Whether a file of NAME=value lines gives a value to what is called as a secret is, or an address with a password. */
function holdsCredential(text: string): boolean {
  return text.split('\n').some((line) => {
    const [, name = '', value = ''] = /^\s*(?:export\s+)?([\w.]+)\s*=\s*["']?([^"'#\s]+)/.exec(line) ?? []
    if (name === '' || PUBLIC_NAME.test(name)) return false
    return CREDENTIAL_NAME.test(name) || /:\/\/[^\s/@:]*:[^\s/@]+@/.test(value)
  })
}

const WORKFLOW = /^\.(github|gitea|forgejo)\/workflows\/[^/]+\.ya?ml$/

const workflows: Check = {
  id: 'security.workflows',
  domain: 'security',
  title: 'CI runs code of others only in a version that cannot change, and never a stranger’s with secrets',
  weight: 5,
  mend: 'pin the action to a full commit hash; do not check out a pull request’s head under pull_request_target',
  applies: ({ snapshot }) => pathsLike(snapshot, WORKFLOW).length > 0,
  run: ({ snapshot }) => pathsLike(snapshot, WORKFLOW).flatMap((path) => workflowFindings(path, snapshot.text(path) ?? '')),
}

/** Those who run the service are trusted with it already. */
const TRUSTED_OWNERS: ReadonlySet<string> = new Set(['actions', 'github'])

function workflowFindings(file: string, text: string): Finding[] {
  const findings: Finding[] = []
  const isForStrangers = /\bpull_request_target\b/.test(text)
  for (const [index, line] of text.split('\n').entries()) {
    const place = { file, line: index + 1 }
    const [, action = '', version = ''] = /^\s*(?:-\s+)?uses:\s*['"]?([^\s'"@#]+)@([^\s'"#]+)/.exec(line) ?? []
    const isLocal = action.startsWith('.') || action.startsWith('docker:')
    if (action !== '' && !isLocal && !TRUSTED_OWNERS.has(action.split('/')[0] ?? '') && !/^[0-9a-f]{40,64}$/.test(version)) {
      findings.push(warn(`runs ${action} at ${version}, which its owner can change`, place))
    }
    if (isForStrangers && /ref:.*github\.(event\.pull_request\.head|head_ref)/.test(line)) {
      findings.push(fail('checks out a stranger’s code in a run that has the secrets', place))
    }
  }
  return findings
}

export const securityChecks: readonly Check[] = [secrets, secretFiles, workflows]
