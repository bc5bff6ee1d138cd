import type { Context } from '@switchyard/plugin-kit'
import semver from 'semver'
import { entriesOf } from '../changelog/entry.ts'
import { readHistory, withoutReverted } from '../commits/history.ts'
import { notReleased, packageUnknown } from '../errors.ts'
import { openRepository, type Repository } from '../plan/repository.ts'
import { modeOf, readUnits, tagOf } from '../plan/units.ts'
import { chooseStyle, parseTagStyle, versionTags } from '../versions/tags.ts'
import { type MachineNotes, type NotesOf, notesForChat, notesForMachines, notesForPeople } from './notes.ts'

const NOTE_FORMATS = ['people', 'machines', 'chat'] as const
type NoteFormat = (typeof NOTE_FORMATS)[number]

export interface NotesInput {
  readonly project: string
  /** Of a release that was made; absent: what would be in the next one. */
  readonly version?: string | undefined
  readonly package?: string | undefined
  readonly format: NoteFormat
}

/** Tells of one release from its commits. @throws NOT_A_REPOSITORY, PACKAGE_UNKNOWN, NOT_RELEASED */
export async function tellRelease(
  { project, version, package: name, format }: NotesInput,
  ctx: Pick<Context, 'workspace' | 'signal'>,
): Promise<{ text: string; notes: MachineNotes }> {
  const repository = await openRepository(project, ctx)
  const told =
    version === undefined ? await nextNotes(repository, name) : await madeNotes(repository, version.replace(/^v(?=\d)/, ''), name)
  const notes = notesForMachines(told, repository.links)
  if (format === 'machines') return { text: JSON.stringify(notes, undefined, 2), notes }
  return { text: format === 'chat' ? notesForChat(told, repository.links) : notesForPeople(told, repository.links), notes }
}

async function nextNotes(repository: Repository, name: string | undefined): Promise<NotesOf> {
  const units = await readUnits(repository, modeOf(repository), { package: name })
  const unit = units.find(({ next }) => next !== null)
  if (unit?.next == null) throw notReleased('the next release', 'no commit since the last one asks for it')
  return {
    name: unit.leader.name,
    version: unit.next.version,
    from: unit.last,
    tag: tagOf(unit, unit.next.version),
    fromTag: unit.since?.tag ?? null,
    date: null,
    entries: entriesOf(unit.effective, { all: true }),
    commits: unit.commits.length,
  }
}

async function madeNotes({ git, map, config, tags }: Repository, version: string, name: string | undefined): Promise<NotesOf> {
  const leader = name === undefined ? map.packages[0] : map.packages.find((one) => one.name === name)
  if (leader === undefined) {
    throw packageUnknown(
      name ?? '',
      map.packages.map((one) => one.name),
    )
  }
  const own = versionTags(tags, parseTagStyle(config.tag ?? chooseStyle(tags, leader.name, leader.kind), leader.name))
  const at = own.findIndex((tag) => tag.version === version)
  const tag = own[at]
  if (tag === undefined) throw notReleased(version, 'no tag names it')
  // A release proper tells of everything since the one before it, its pre-releases included.
  const isProper = semver.prerelease(version) === null
  const before = own.slice(at + 1).find((one) => !isProper || semver.prerelease(one.version) === null)
  const commits = await readHistory(git, { from: before?.target, to: tag.target, path: leader.path })
  const seconds = Number(await git.text(['log', '-1', '--format=%ct', '--end-of-options', tag.target]))
  return {
    name: leader.name,
    version,
    from: before?.version ?? null,
    tag: tag.name,
    fromTag: before?.name ?? null,
    date: new Date(seconds * 1000).toISOString().slice(0, 10),
    entries: entriesOf(withoutReverted(commits), { all: true }),
    commits: commits.length,
  }
}
