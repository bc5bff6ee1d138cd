import { visible } from '../notes/visible.ts'
import type { RehearsalFacts } from './report.ts'

/** What a release would leave, for people. */
export function renderRehearsal({ ok, error, files, commits, tags, pushed, artifacts, forge, steps, notes }: RehearsalFacts): string {
  const kilobytes = (bytes: number): string => `${Math.ceil(bytes / 1024)} kB`
  return [
    ok ? 'The release would be made. Nothing left the throwaway clone.' : `The release would not be made: ${error?.message ?? ''}`,
    ...(error?.next == null ? [] : [`→ ${error.next}`]),
    '',
    ...files.map(({ path, added, removed }) => `File      ${visible(path)} +${added} -${removed}`),
    ...commits.map(({ id, message }) => `Commit    ${id.slice(0, 7)} ${visible(message.split('\n')[0] ?? '')}`),
    ...tags.map(({ name, isAnnotated }) => `Tag       ${visible(name)}${isAnnotated ? '' : ' (not annotated)'}`),
    ...pushed.map((ref) => `Pushed    ${visible(ref)}`),
    ...artifacts.map(({ name, version, tag, bytes }) => `Package   ${visible(name)} ${version} as ${visible(tag)}, ${kilobytes(bytes)}`),
    ...forge.map(({ repository, title, draft }) => `Release   ${visible(repository)}: ${visible(title)}${draft ? ' (draft)' : ''}`),
    ...steps.flatMap(({ says, noWayBack }) => (noWayBack === null ? [] : [`No return ${says}: ${noWayBack}`])),
    ...notes.map((note) => `Note      ${note}`),
  ].join('\n')
}
