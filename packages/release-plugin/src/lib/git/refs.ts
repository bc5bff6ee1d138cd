import { badRefName } from './errors.ts'
import type { Git } from './git.ts'

/** What `update-ref` compares a ref with that may not be there yet: as long as the repository's ids are. */
export const noObject = (id: string): string => '0'.repeat(id.length)

// biome-ignore lint/suspicious/noControlCharactersInRegex: git refuses control characters in names
const NEVER_IN_A_NAME = /[\x00-\x20\x7f~^:?*[\\]|\.\.|@\{|\/\/|^\/|\/$|\.$|^@$|^-/

/** Whether git takes a name below `refs/tags/` or `refs/heads/`; one that begins with "-" it does not, so no name is ever an option. */
export function isRefName(name: string): boolean {
  if (name === '' || NEVER_IN_A_NAME.test(name)) return false
  return name.split('/').every((part) => !part.startsWith('.') && !part.endsWith('.lock'))
}

/** @throws BAD_REF_NAME */
export function tagRef(name: string): string {
  if (!isRefName(name)) throw badRefName('tag', name)
  return `refs/tags/${name}`
}

/** @throws BAD_REF_NAME */
export function branchRef(name: string): string {
  if (!isRefName(name)) throw badRefName('branch', name)
  return `refs/heads/${name}`
}

/** The object that a full ref, an id or HEAD names; with `^{commit}` the commit below a tag. Undefined where there is none. */
export async function resolveRef(git: Git, ref: string): Promise<string | undefined> {
  const { code, stdout } = await git.run(['rev-parse', '--quiet', '--verify', '--end-of-options', ref], { ok: [0, 1, 128] })
  const id = stdout.toString('latin1').trim()
  return code === 0 && /^[0-9a-f]{40,64}$/.test(id) ? id : undefined
}

/** The branch that is checked out, without `refs/heads/`; undefined where HEAD is detached. Also said before the first commit. */
export async function currentBranch(git: Git): Promise<string | undefined> {
  const { code, stdout } = await git.run(['symbolic-ref', '--quiet', 'HEAD'], { ok: [0, 1] })
  const ref = stdout.toString('utf8').trim()
  return code === 0 && ref.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : undefined
}

export async function isShallow(git: Git): Promise<boolean> {
  return (await git.text(['rev-parse', '--is-shallow-repository'])) === 'true'
}

export interface TagRef {
  readonly name: string
  /** Of the tag itself: its own object where it is annotated. */
  readonly object: string
  /** What it stands on, in the end; a commit but for odd tags. */
  readonly target: string
  readonly isAnnotated: boolean
}

/** All tags, by name. */
export async function listTags(git: Git): Promise<TagRef[]> {
  const format = '%(refname:lstrip=2)%00%(objectname)%00%(*objectname)%00%(objecttype)%00'
  const fields = await git.list(['for-each-ref', `--format=${format}`, 'refs/tags/'])
  const tags: TagRef[] = []
  for (let at = 0; at + 3 < fields.length; at += 4) {
    const [name = '', object = '', peeled = '', type] = fields.slice(at, at + 4)
    tags.push({ name: name.replace(/^\n/, ''), object, target: peeled || object, isAnnotated: type === 'tag' })
  }
  return tags
}
