import type { PublishStep } from '../plan/release-plan.ts'
import { noWayBack, publishFailed, publishUnclear, versionTaken } from './errors.ts'
import { runProgram } from './program.ts'
import type { PublishContext, Published, Publisher } from './publisher.ts'

type NpmStep = Extract<PublishStep, { kind: 'npm' }>

/** npm's own program, with whatever the person's npm is set up with: registry, token, proxy, one-time passwords by trusted publishing. */
export const npmPublisher: Publisher<NpmStep> = {
  noWayBack: ({ name, version }) => `npm never takes ${name}@${version} again, also after an unpublish`,
  async check(step, context) {
    if ((await look(step, context)) !== 'no') throw versionTaken(step.name, step.version)
  },
  look,
  async publish(step, context) {
    const { path, access, distTag, provenance } = step
    // A folder's path that begins with "./" is never taken for an option or for a package's name.
    const args = ['publish', `./${path === '.' ? '' : path}`, '--tag', distTag, ...(access === undefined ? [] : ['--access', access])]
    const { code, told } = await npm([...args, ...(provenance ? ['--provenance'] : [])], step, context)
    if (code !== 0) throw publishFailed(step.id, told)
    return { reference: `${step.name}@${step.version}` }
  },
  takeBack: (step) => Promise.reject(noWayBack(step.id)),
}

async function look(step: NpmStep, context: PublishContext): Promise<Published | 'no'> {
  const { code, stdout, told } = await npm(['view', `${step.name}@${step.version}`, 'version', '--json', '--prefer-online'], step, context)
  if (code === 0) return stdout.includes(step.version) ? { reference: `${step.name}@${step.version}` } : 'no'
  if (/\bE404\b/.test(told)) return 'no'
  throw publishUnclear(step.id, told)
}

function npm(args: readonly string[], { name, registry }: NpmStep, { root, env, signal }: PublishContext): ReturnType<typeof runProgram> {
  const secrets = ['NPM_TOKEN', 'NODE_AUTH_TOKEN'].flatMap((name) => env[name] ?? [])
  // What an npm that started us put there is meant for that run: only the person's own settings count.
  const own = Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => !/^npm_(package|lifecycle|command|execpath|config_(?!.*(auth|registry|userconfig|cache)))/i.test(name),
    ),
  )
  // A scope may have a registry of its own in some .npmrc, which would win.
  const scope = name.startsWith('@') ? [`--${name.split('/', 1)[0]}:registry=${registry}`] : []
  const options = [
    '--no-fund',
    '--no-audit',
    '--no-update-notifier',
    ...(registry === undefined ? [] : [`--registry=${registry}`, ...scope]),
  ]
  return runProgram(['npm', ...args, ...options], { cwd: root, env: own, signal, secrets })
}
