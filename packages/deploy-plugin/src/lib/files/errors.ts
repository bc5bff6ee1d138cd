import { SwitchyardError } from '@switchyard/plugin-kit'

export const pathRefused = (path: string, why: string): SwitchyardError =>
  new SwitchyardError('PATH_REFUSED', `Cannot use ${JSON.stringify(path)} as it must be a file of the project: ${why}`, {
    data: { path },
    next: 'name a file inside of the project, and no link',
  })

export const fileTooLarge = (path: string, bytes: number, maxBytes: number): SwitchyardError =>
  new SwitchyardError('FILE_TOO_LARGE', `Cannot read ${path} as it may have ${maxBytes} bytes at most: it has ${bytes}`, {
    data: { path, bytes, maxBytes },
  })

export const projectMissing = (project: string): SwitchyardError =>
  new SwitchyardError('PROJECT_MISSING', `Cannot look at ${JSON.stringify(project)} as it must be a folder: there is none`, {
    data: { project },
    next: 'name the folder with --project',
  })

export const changeUnknown = (change: string): SwitchyardError =>
  new SwitchyardError('CHANGE_UNKNOWN', `Cannot take change ${JSON.stringify(change)} back as it must be kept: it is not`, {
    data: { change },
  })

export const filesChangedSince = (paths: readonly string[]): SwitchyardError =>
  new SwitchyardError('FILES_CHANGED_SINCE', `Cannot go on as the files must be as they were seen: ${paths.join(', ')} changed since`, {
    data: { paths },
    next: 'look at what changed, then run the command again',
  })

/** Names lines, never what stands in them. */
export const mergeConflict = (
  files: readonly { path: string; conflicts: readonly { line: number; lines: number }[]; reason?: string }[],
): SwitchyardError =>
  new SwitchyardError(
    'MERGE_CONFLICT',
    `Cannot write as a person's edits and the new version must not change the same lines: ${files.map(conflictIn).join(', ')}`,
    {
      data: { files: files.map(({ path, conflicts, reason }) => ({ path, lines: conflicts.map(({ line }) => line), reason })) },
      next: 'keep your side with --conflicts mine, or take ours with --conflicts generated',
    },
  )

const conflictIn = ({
  path,
  conflicts: [first],
  reason,
}: {
  path: string
  conflicts: readonly { line: number }[]
  reason?: string
}): string => (first === undefined ? `${path} (${reason ?? 'it cannot be compared'})` : `${path}:${first.line}`)
