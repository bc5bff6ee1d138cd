import type { Context } from '@switchyard/plugin-kit'
import { runGit } from '../health/list-files.ts'
import { trackerInvalid, trackerNotConfigured } from './errors.ts'
import { giteaTracker } from './tracker/gitea.ts'
import { GITHUB_URL, githubTracker } from './tracker/github.ts'
import type { Tracker } from './tracker.ts'

const TRACKERS = ['github', 'gitea'] as const
type TrackerKind = (typeof TRACKERS)[number]

/** Where tokens come from, and where each of them may be sent: never to a host that a repository names by itself. */
export interface TrackerSettings {
  readonly githubToken: string | undefined
  readonly githubUrl: string
  readonly giteaToken: string | undefined
  readonly giteaUrl: string | undefined
}

/** Reads the variables that GitHub's own tools and Gitea's know. */
export function trackerSettings(env: Readonly<Record<string, string | undefined>>): TrackerSettings {
  return {
    githubToken: env.GITHUB_TOKEN || env.GH_TOKEN || undefined,
    githubUrl: env.GITHUB_API_URL || GITHUB_URL,
    giteaToken: env.GITEA_TOKEN || undefined,
    giteaUrl: env.GITEA_URL || undefined,
  }
}

export interface TrackerWanted {
  readonly tracker: TrackerKind
  /** `owner/name`; where it is not given, that of the project's git remote. */
  readonly repo: string | undefined
  readonly folder: string | null
}

/** Whoever is told to wait longer is better told when to come back. */
const MAX_WAIT_MS = 120_000

const REPO = /^[\w.-]{1,100}\/[\w.-]{1,100}$/

/** `owner/name` of a project. @throws TRACKER_REPO */
export async function repoOf({ repo, folder }: TrackerWanted, signal: AbortSignal): Promise<string> {
  const found = repo ?? (folder === null ? undefined : await remoteRepo(folder, signal)) ?? ''
  if (!REPO.test(found) || found.split('/').some((part) => /^\.+$/.test(part))) throw trackerInvalid(found)
  return found
}

/** @throws TRACKER_TOKEN_MISSING, TRACKER_REPO, TRACKER_INSECURE */
export async function openTracker(
  wanted: TrackerWanted,
  settings: TrackerSettings,
  ctx: Pick<Context, 'clock' | 'signal' | 'remainingMs'>,
): Promise<Tracker> {
  const { clock, signal } = ctx
  const repo = await repoOf(wanted, signal)
  const options = { clock, signal, maxWaitMs: Math.min(MAX_WAIT_MS, ctx.remainingMs() - 5_000) }
  if (wanted.tracker === 'github') {
    if (settings.githubToken === undefined) throw trackerNotConfigured('GITHUB_TOKEN', 'GitHub')
    return githubTracker(settings.githubToken, repo, { ...options, baseUrl: settings.githubUrl })
  }
  if (settings.giteaUrl === undefined) throw trackerNotConfigured('GITEA_URL', 'Gitea')
  if (settings.giteaToken === undefined) throw trackerNotConfigured('GITEA_TOKEN', 'Gitea')
  return giteaTracker(settings.giteaToken, repo, { ...options, baseUrl: settings.giteaUrl })
}

async function remoteRepo(folder: string, signal: AbortSignal): Promise<string | undefined> {
  const remote = (await runGit(folder, ['remote', 'get-url', 'origin'], signal))?.stdout.trim() ?? ''
  return /[/:]([\w.-]+\/[\w.-]+?)(?:\.git)?\/?$/.exec(remote)?.[1]
}
