import { CATEGORIES, type Entry, escaped } from '../changelog/entry.ts'
import { renderEntries } from '../changelog/render.ts'
import { visible } from './visible.ts'
import type { WebLinks } from './web-links.ts'

/** One release, told. */
export interface NotesOf {
  readonly name: string
  readonly version: string
  readonly from: string | null
  readonly tag: string
  readonly fromTag: string | null
  /** YYYY-MM-DD; null for what is not released yet. */
  readonly date: string | null
  readonly entries: readonly Entry[]
  /** How many commits there are, those included that change nothing for users. */
  readonly commits: number
}

/** Markdown for a release page: grouped, with links, and with thanks to who wrote it; `body` where the changelog says more than commits do. */
export function notesForPeople(notes: NotesOf, links: WebLinks, body = renderEntries(notes.entries, links)): string {
  const authors = authorsOf(notes.entries)
  const thanks = authors.length === 0 ? [] : [`**Thanks to** ${list(authors.map(escaped))}`]
  const compare = notes.fromTag === null ? undefined : links.compare(notes.fromTag, notes.tag)
  const all = compare === undefined ? [] : [`**All changes:** [${escaped(notes.fromTag ?? '')} to ${escaped(notes.tag)}](${compare})`]
  return [body === '' ? 'Nothing that users would notice.' : body, ...thanks, ...all].join('\n\n')
}

export interface MachineNotes {
  readonly name: string
  readonly version: string
  readonly from: string | null
  readonly tag: string
  readonly date: string | null
  readonly url: string | null
  readonly commits: number
  readonly breaking: boolean
  readonly authors: string[]
  readonly changes: {
    readonly category: string
    readonly breaking: boolean
    readonly scope: string | null
    readonly subject: string
    readonly notes: string[]
    readonly commit: string
    readonly url: string | null
    readonly references: string[]
    readonly authors: string[]
  }[]
}

/** Data, with nothing left out and nothing escaped. No addresses of mail: they are nobody's business. */
export function notesForMachines(notes: NotesOf, links: WebLinks): MachineNotes {
  return {
    name: notes.name,
    version: notes.version,
    from: notes.from,
    tag: notes.tag,
    date: notes.date,
    url: links.release(notes.tag) ?? null,
    commits: notes.commits,
    breaking: notes.entries.some(({ breaking }) => breaking),
    authors: authorsOf(notes.entries),
    changes: notes.entries.map(({ category, breaking, scope, subject, notes: details, commit, references, authors }) => ({
      category,
      breaking,
      scope,
      subject,
      notes: [...details],
      commit,
      url: links.commit(commit) ?? null,
      references: references.map(({ repository, issue }) => `${repository ?? ''}#${issue}`),
      authors: authors.map(({ name }) => name),
    })),
  }
}

const CHAT_ITEMS = 5

/** A few plain lines for a chat: what breaks first, then what is new. */
export function notesForChat(notes: NotesOf, links: WebLinks): string {
  const breaking = notes.entries.filter((entry) => entry.breaking)
  const rest = CATEGORIES.flatMap((category) => notes.entries.filter((entry) => entry.category === category && !entry.breaking))
  const shown = [...breaking, ...rest].slice(0, CHAT_ITEMS)
  const counts = CATEGORIES.flatMap((category) => {
    const number = notes.entries.filter((entry) => entry.category === category).length
    return number === 0 ? [] : [`${number} ${category.toLowerCase()}`]
  })
  const more = notes.entries.length - shown.length
  const url = notes.date === null ? undefined : links.release(notes.tag)
  return [
    `${visible(notes.name)} ${notes.version}${notes.date === null ? ' is planned' : ' is out'}${counts.length === 0 ? '' : `: ${counts.join(', ')}`}`,
    ...shown.map(
      ({ breaking, scope, subject }) => `• ${breaking ? 'BREAKING ' : ''}${scope ? `${visible(scope)}: ` : ''}${visible(subject)}`,
    ),
    ...(more > 0 ? [`and ${more} more`] : []),
    ...(url === undefined ? [] : [url]),
  ].join('\n')
}

function authorsOf(entries: readonly Entry[]): string[] {
  const byMail = new Map<string, string>()
  for (const { authors } of entries)
    for (const { name, email } of authors) if (!/\[bot\]/.test(name)) byMail.set(email.toLowerCase() || name, name)
  return [...new Set(byMail.values())].sort((a, b) => (a < b ? -1 : 1))
}

const list = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
