import { CommitParser } from 'conventional-commits-parser'

interface Person {
  readonly name: string
  readonly email: string
}

/** A commit as git keeps it. */
export interface RawCommit {
  /** Full id. */
  readonly id: string
  readonly parents: readonly string[]
  readonly author: Person
  /** When it was written, ISO 8601 with its zone. */
  readonly date: string
  readonly message: string
}

/** A commit, read as a Conventional Commit where it is one. */
export interface Commit extends RawCommit {
  /** The first line. */
  readonly header: string
  /** In small letters; null where the first line is no Conventional Commit. */
  readonly type: string | null
  readonly scope: string | null
  /** What follows the type, or the whole first line. */
  readonly subject: string
  readonly breaking: boolean
  /** What the footers say breaks; empty where only a `!` says so. */
  readonly breakingNotes: readonly string[]
  readonly references: readonly Reference[]
  /** The id, perhaps a short one, of the commit that this one takes back. */
  readonly reverts: string | null
  readonly coAuthors: readonly Person[]
}

/** An issue or pull request that a commit names. */
export interface Reference {
  /** Such as closes; null where it is only mentioned. */
  readonly action: string | null
  /** owner/name where it is said. */
  readonly repository: string | null
  readonly issue: string
}

/** More of one message is not looked at: a limit on what a hostile one may cost. */
const MAX_MESSAGE_LENGTH = 256 * 1024

const parser = new CommitParser({
  headerPattern: /^(\w*)(?:\((.*)\))?(!?): (.*)$/,
  headerCorrespondence: ['type', 'scope', 'bang', 'subject'],
  noteKeywords: ['BREAKING CHANGE', 'BREAKING-CHANGE'],
  revertPattern: /^(?:Revert|revert:)\s[\s\S]*?This reverts commit (\w*)\./i,
  revertCorrespondence: ['hash'],
  issuePrefixes: ['#'],
  // By default a line "-type-" in a body would set the commit's type.
  fieldPattern: /(?!)/,
})

/** Reads a message; any text is taken, and none takes long. */
export function parseCommit(raw: RawCommit): Commit {
  const text = tamed(raw.message)
  if (text.trim() === '') return { ...raw, ...NOTHING }
  const parsed = parser.parse(text)
  const header = parsed.header ?? ''
  const notes = parsed.notes.map(({ text }) => text)
  return {
    ...raw,
    header,
    type: parsed.type?.toLowerCase() ?? null,
    scope: parsed.scope ?? null,
    subject: parsed.subject ?? header,
    breaking: notes.length > 0 || parsed.bang === '!',
    breakingNotes: notes.filter((note) => note.trim() !== ''),
    references: parsed.references.map(({ action, owner, repository, issue }) => ({
      action: action?.toLowerCase() ?? null,
      repository: owner !== null && repository !== null ? `${owner}/${repository}` : null,
      issue,
    })),
    reverts: parsed.revert?.hash ?? null,
    coAuthors: [...text.matchAll(/^co-authored-by: ([^<\n]{1,200}) <([^>\n]{1,200})>$/gim)].map(([, name = '', email = '']) => ({
      name,
      email,
    })),
  }
}

const NOTHING = {
  header: '',
  type: null,
  scope: null,
  subject: '',
  breaking: false,
  breakingNotes: [],
  references: [],
  reverts: null,
  coAuthors: [],
}

/** The parser's patterns take square time on long runs of white space, and stop at line ends that only JavaScript knows. */
function tamed(message: string): string {
  return message
    .slice(0, MAX_MESSAGE_LENGTH)
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(/(\s{64})\s+/g, '$1')
}
