import type { Git } from '../git/git.ts'
import { resolveRef, tagRef } from '../git/refs.ts'
import { datesOf, isSet, withEnd } from './commit.ts'
import { tagChanged, tagExists } from './errors.ts'
import type { Cut, Journal } from './journal.ts'

/** One annotated tag for each release of the plan, all on the release's commit; signed where git is set up so. May be repeated. @throws TAG_EXISTS */
export async function makeTags(git: Git, journal: Journal, cut: Cut): Promise<void> {
  for (const { tag } of cut.plan.releases) {
    const { tags, commit = '' } = journal.read(cut.id)
    const ref = tagRef(tag.name)
    const known = tags[tag.name]
    const found = await resolveRef(git, ref)
    if (known !== undefined && found !== undefined && (found === known || (await isOurs(git, ref, commit)))) {
      journal.note(cut.id, { tags: { ...tags, [tag.name]: found } })
      continue
    }
    if (found !== undefined) throw tagExists(tag.name, 'in this repository')
    journal.note(cut.id, { tags: { ...tags, [tag.name]: null } })
    const sign = (await isSet(git, 'tag.gpgSign')) || (await isSet(git, 'tag.forceSignAnnotated'))
    const args = ['tag', sign ? '--sign' : '--annotate', '--cleanup=verbatim', '-F', '-', '--', tag.name, commit]
    await git.run(args, { input: withEnd(tag.message), env: datesOf(cut) })
    const made = await resolveRef(git, ref)
    journal.note(cut.id, { tags: { ...tags, [tag.name]: made ?? null } })
  }
}

/** Removes the release's tags, and no tag that somebody put in their place. May be repeated. @throws TAG_CHANGED */
export async function removeTags(git: Git, cut: Cut): Promise<void> {
  for (const { tag } of cut.plan.releases.toReversed()) {
    const known = cut.tags[tag.name]
    if (known === undefined) continue
    const ref = tagRef(tag.name)
    const found = await resolveRef(git, ref)
    if (found === undefined) continue
    if (found !== known && !(known === null && (await isOurs(git, ref, cut.commit ?? '')))) throw tagChanged(tag.name)
    await git.run(['update-ref', '-d', ref, found])
  }
}

/** A tag that was being made when the process died stands on the release's own commit. */
export async function isOurs(git: Git, ref: string, commit: string): Promise<boolean> {
  return commit !== '' && (await resolveRef(git, `${ref}^{commit}`)) === commit
}
