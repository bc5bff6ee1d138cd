import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { type Context, isSwitchyardError } from '@switchyard/plugin-kit'
import { beginCut } from '../cut/cut.ts'
import { createJournal } from '../cut/journal.ts'
import { stepsOf } from '../cut/steps.ts'
import { type Git, openGit, runGit } from '../git/git.ts'
import { currentBranch } from '../git/refs.ts'
import { readStatus } from '../git/status.ts'
import { makePlan, type PlanInput } from '../plan/make-plan.ts'
import { type PublishStep, planId, type ReleasePlan } from '../plan/release-plan.ts'
import { runProgram } from '../publish/program.ts'
import { installFailed } from './errors.ts'
import { renderRehearsal } from './render-rehearsal.ts'
import type { Rehearsal, RehearsalFacts } from './report.ts'
import { openStandIn, type StandIn } from './stand-in.ts'

export interface RehearseOptions {
  /** Installs what the project needs in the clone, so that its tests and packaging scripts run too. */
  readonly full: boolean
  readonly hooks: boolean
}

/** Of the person's own settings for this one repository, those that a clone does not get and that change what is committed. */
const OWN_SETTINGS = /^(user|author|committer|commit|tag|gpg|i18n)\./

/**
 * Cuts the release that would be cut now by the same code, in a clone that is thrown away, with a bare repository for its remote and a
 * server on this machine for registry and forge. Nothing of it reaches the project, its remote or anybody outside.
 */
export async function rehearse(input: PlanInput, { full, hooks }: RehearseOptions, ctx: Context): Promise<Rehearsal> {
  const project = resolve(ctx.workspace, input.project)
  const real = await openGit(project, { signal: ctx.signal })
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'release-rehearsal-')))
  const standIn = await openStandIn()
  const journal = createJournal(ctx.dataDir)
  try {
    ctx.progress({ message: 'cloning' })
    const notes = await readNotes(real, full)
    const clone = await cloneOf(real, folder, ctx.signal)
    const env = environmentOf(folder, standIn, full)
    if (full) await install(clone, { ...process.env, ...env }, ctx)
    const wish = { ...input, project: join(clone.root, relative(real.root, realpathSync(project))) }
    const made = await makePlan(wish, ctx)
    const plan = withStandIn(made, standIn, full)
    const skipped = made.publish
      .filter((step) => step.kind === 'command')
      .map(({ id }) => `${id} is a program of the project's own: it is not run`)
    ctx.progress({ message: 'cutting the release' })
    const push = plan.remote !== null
    const outcome = await cutOf(plan, { push, hooks, rehearsal: { env } }, ctx)
    const report = await lookAt(clone, plan, folder, standIn)
    for (const cut of journal.list(clone.root)) journal.forget(cut.id)
    const steps = stepsOf(plan, { push }).map(({ id, says, noWayBack }) => ({ id, says, noWayBack: noWayBack ?? null }))
    const facts: RehearsalFacts = {
      ...outcome,
      plan: planId({ ...made, root: real.root }),
      version: plan.version?.to ?? null,
      steps,
      ...report,
      notes: [...notes, ...skipped],
    }
    return { ...facts, text: renderRehearsal(facts) }
  } finally {
    await standIn[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

async function cutOf(plan: ReleasePlan, options: Parameters<typeof beginCut>[1], ctx: Context): Promise<Pick<Rehearsal, 'ok' | 'error'>> {
  try {
    await beginCut(plan, options, ctx)
    return { ok: true, error: null }
  } catch (error) {
    if (!isSwitchyardError(error) || error.code === 'CANCELLED') throw error
    return { ok: false, error: { code: error.code, message: error.message, next: error.next ?? null } }
  }
}

/** A clone whose every address leads to a bare repository beside it, though it looks as the real one does. */
async function cloneOf(real: Git, folder: string, signal: AbortSignal): Promise<Git> {
  const [root, bare] = [join(folder, 'clone'), join(folder, 'remote.git')]
  const branch = await currentBranch(real)
  await runGit(folder, ['clone', '--quiet', '--bare', '--end-of-options', real.root, bare], { signal })
  await runGit(folder, ['clone', '--quiet', ...(branch === undefined ? [] : ['--branch', branch]), '--end-of-options', bare, root], {
    signal,
  })
  const clone = await openGit(root, { signal })
  // The remote as the last fetch knows it: a push that would be refused there is refused here.
  const remote = (await real.text(['config', '--get', `branch.${branch ?? ''}.remote`], { ok: [0, 1] })) || 'origin'
  const known = [`+refs/remotes/${remote}/*:refs/heads/*`]
  await runGit(bare, ['fetch', '--quiet', '--end-of-options', real.root, ...known], { signal })
  if (branch === undefined) await clone.run(['checkout', '--quiet', '--detach', await real.text(['rev-parse', 'HEAD'])])
  for (const setting of await real.list(['config', '--local', '--null', '--list'])) {
    const at = setting.indexOf('\n')
    const [name, value] = at === -1 ? [setting, 'true'] : [setting.slice(0, at), setting.slice(at + 1)]
    if (OWN_SETTINGS.test(name) || /^remote\..*\.url$/s.test(name) || /^branch\..*\.(remote|merge)$/s.test(name))
      await clone.run(['config', '--replace-all', name, value])
    if (/^remote\..*\.(push)?url$/s.test(name) && value !== '') {
      await clone.run(['config', '--add', `url.${bare}.insteadOf`, value])
      await clone.run(['config', '--add', `url.${bare}.pushInsteadOf`, value])
    }
  }
  await clone.run(['config', 'core.hooksPath', resolve(real.root, await real.text(['rev-parse', '--git-path', 'hooks'], { hooks: true }))])
  return clone
}

/** Three locks keep npm from the world: its registry is named, its settings are not the person's, and its way out is the stand-in. */
function environmentOf(folder: string, { url, token }: StandIn, full: boolean): Record<string, string> {
  const settings = join(folder, 'npmrc')
  writeFileSync(settings, `registry=${url}\n//${new URL(url).host}/:_authToken=${token}\n`, { mode: 0o600 })
  const proxy = full
    ? {}
    : { HTTP_PROXY: url, HTTPS_PROXY: url, http_proxy: url, https_proxy: url, npm_config_proxy: url, npm_config_https_proxy: url }
  return {
    ...proxy,
    NO_PROXY: '127.0.0.1',
    no_proxy: '127.0.0.1',
    npm_config_userconfig: settings,
    npm_config_globalconfig: '/dev/null',
    npm_config_ignore_scripts: String(!full),
    npm_config_provenance: 'false',
    npm_config_fetch_retries: '0',
    NPM_TOKEN: '',
    NODE_AUTH_TOKEN: '',
    GITHUB_TOKEN: token,
    GH_TOKEN: token,
    GITEA_TOKEN: token,
    FORGEJO_TOKEN: token,
  }
}

function withStandIn(plan: ReleasePlan, { url, forgeUrl }: StandIn, full: boolean): ReleasePlan {
  const publish = plan.publish.flatMap((step): PublishStep[] => {
    if (step.kind === 'command') return []
    return [step.kind === 'npm' ? { ...step, registry: url, provenance: false } : { ...step, url: forgeUrl }]
  })
  const changed = { ...plan, publish, tests: full ? plan.tests : null }
  return { ...changed, id: planId(changed) }
}

async function install(clone: Git, env: Record<string, string | undefined>, ctx: Context): Promise<void> {
  if (!existsSync(join(clone.root, 'package-lock.json'))) return
  ctx.progress({ message: 'installing' })
  // What is installed comes from where it always does.
  const own = { ...env, npm_config_userconfig: process.env.npm_config_userconfig, npm_config_ignore_scripts: 'false' }
  const { code, told } = await runProgram(['npm', 'ci', '--no-fund', '--no-audit'], { cwd: clone.root, env: own, signal: ctx.signal })
  if (code !== 0) throw installFailed(told)
}

async function readNotes(real: Git, full: boolean): Promise<string[]> {
  const changed = (await readStatus(real)).paths.filter(({ kind }) => kind !== 'untracked').length
  return [
    ...(changed === 0 ? [] : [`${changed} changed file${changed === 1 ? ' is' : 's are'} not in it: only what is committed is rehearsed`]),
    ...(full ? [] : ['tests and packaging scripts are not run: pass --full']),
  ]
}

async function lookAt(
  clone: Git,
  plan: ReleasePlan,
  folder: string,
  standIn: StandIn,
): Promise<Pick<Rehearsal, 'files' | 'commits' | 'tags' | 'pushed' | 'artifacts' | 'forge'>> {
  const { head } = plan
  const changed = await clone.list(['diff', '--numstat', '-z', '--no-renames', head, 'HEAD'])
  const files = changed.map((line) => {
    const [added = '', removed = '', path = ''] = line.split('\t')
    return {
      path,
      added: Number(added) || 0,
      removed: Number(removed) || 0,
      diff: plan.files.find((file) => file.path === path)?.diff ?? '',
    }
  })
  const log = await clone.list(['log', '-z', '--format=%H%n%an <%ae>%n%B', `${head}..HEAD`])
  const commits = log.map((text) => {
    const [id = '', author = '', ...message] = text.split('\n')
    return { id, author, message: message.join('\n').trim() }
  })
  const tags = []
  for (const { tag } of plan.releases) {
    const found = await clone.text(['for-each-ref', '--format=%(objecttype)%00%(contents)', `refs/tags/${tag.name}`])
    if (found === '') continue
    const [type, message = ''] = found.split('\0')
    tags.push({ name: tag.name, isAnnotated: type === 'tag', message: message.trim() })
  }
  const remote = await openBare(folder, clone)
  const pushed = [
    ...(commits[0] !== undefined && remote.includes(commits[0].id) ? [`refs/heads/${plan.branch}`] : []),
    ...tags.map(({ name }) => `refs/tags/${name}`).filter((ref) => remote.includes(`${ref}\n`)),
  ]
  return {
    files,
    commits,
    tags,
    pushed,
    artifacts: standIn.artifacts.map(({ name, version, tag, bytes }) => ({ name, version, tag, bytes })),
    forge: standIn.releases.map(({ repository, tag_name, name, draft, prerelease }) => ({
      repository,
      tag: tag_name,
      title: name,
      draft,
      prerelease,
    })),
  }
}

async function openBare(folder: string, { run }: Git): Promise<string> {
  const { stdout } = await run(['ls-remote', '--end-of-options', join(folder, 'remote.git')])
  return stdout.toString('utf8')
}
