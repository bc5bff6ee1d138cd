import type { Commit, Reference } from '../commits/commit.ts'
import { visible } from '../notes/visible.ts'
import type { WebLinks } from '../notes/web-links.ts'
import { askOf } from '../versions/bump.ts'

/** The headings of Keep a Changelog, in its order. */
export const CATEGORIES = ['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security'] as const
type Category = (typeof CATEGORIES)[number]

/** One line of a changelog, before it is Markdown. */
export interface Entry {
  readonly category: Category
  readonly breaking: boolean
  readonly scope: string | null
  /** Of somebody else's making: to be shown through `visible` and escaped. */
  readonly subject: string
  /** What exactly breaks. */
  readonly notes: readonly string[]
  readonly commit: string
  readonly references: readonly Reference[]
  readonly authors: readonly { readonly name: string; readonly email: string }[]
}

/**
 * What readers of a changelog want to know, oldest first. Commits that change nothing for them are left out; where none is a
 * Conventional Commit that asks for anything and `all` is given, every commit is taken, since else nothing would be said.
 */
export function entriesOf(commits: readonly Commit[], { all = false }: { all?: boolean } = {}): Entry[] {
  const chosen = commits.filter((commit) => askOf(commit) !== 'none' || commit.type === 'deprecate' || commit.type === 'security')
  const taken = chosen.length > 0 || !all ? chosen : commits.filter(({ header }) => header !== '')
  return taken.map(entryOf).reverse()
}

function entryOf(commit: Commit): Entry {
  const { breaking, scope, subject, breakingNotes, id, references, author, coAuthors } = commit
  const authors = [author, ...coAuthors.filter(({ email }) => email !== author.email)]
  return { category: categoryOf(commit), breaking, scope, subject, notes: breakingNotes, commit: id, references, authors }
}

function categoryOf({ type, scope, breaking }: Commit): Category {
  if (type === 'security' || scope === 'security') return 'Security'
  if (type === 'deprecate' || scope === 'deprecate') return 'Deprecated'
  if (breaking) return 'Changed'
  if (type === 'feat' || type === 'feature') return 'Added'
  return type === 'fix' ? 'Fixed' : 'Changed'
}

/** One list item; further lines of a note are indented below it. */
export function entryLine({ breaking, scope, subject, notes, commit, references }: Entry, links: WebLinks): string {
  const head = [
    breaking ? '**Breaking:** ' : '',
    scope === null || scope === '' ? '' : `**${escaped(scope)}:** `,
    escaped(withoutReference(subject, references)),
  ]
  const issues = references.map((reference) => ({ text: nameOf(reference), url: links.issue(reference) }))
  const named = [...issues, { text: commit.slice(0, 7), url: links.commit(commit) }]
  const where = named.map(({ text, url }) => (url === undefined ? text : `[${text}](${url})`)).join(', ')
  const details = notes
    .filter((note) => note.trim() !== subject.trim())
    .flatMap((note) =>
      note
        .trim()
        .split('\n')
        .map((line) => `\n  ${escaped(line.trim())}`.trimEnd()),
    )
  return `- ${head.join('')} (${where})${details.join('')}`
}

const nameOf = ({ repository, issue }: Reference): string => `${repository === null ? '' : visible(repository)}#${visible(issue)}`

/** A squash merge ends its subject with "(#12)", which the links say already. */
function withoutReference(subject: string, references: readonly Reference[]): string {
  const ending = /\s*\(#([\w-]+)\)$/.exec(subject)
  return ending !== null && references.some(({ issue }) => issue === ending[1]) ? subject.slice(0, ending.index) : subject
}

/** A run of backticks and the next one of the same length, with what is between them. */
const CODE_SPAN = /(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)/g

/** Text that stays text in Markdown, but for its code spans. */
export function escaped(text: string): string {
  const line = visible(text)
  let [safe, at] = ['', 0]
  for (const { 0: span, index } of line.matchAll(CODE_SPAN)) {
    safe += asText(line.slice(at, index)) + span
    at = index + span.length
  }
  return safe + asText(line.slice(at))
}

const asText = (text: string): string =>
  text
    .replace(/[\\[\]`]/g, '\\$&')
    .replace(/&(?=#?\w+;)/g, '&amp;')
    .replaceAll('<', '&lt;')
