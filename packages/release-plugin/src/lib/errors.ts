import { SwitchyardError } from '@switchyard/plugin-kit'

export const configInvalid = (path: string, problems: readonly string[]): SwitchyardError =>
  new SwitchyardError('RELEASE_CONFIG_INVALID', `Cannot use ${path} as it must fit its schema: ${problems.join('; ')}`, {
    data: { path, problems },
  })

export const projectOutside = (project: string, root: string): SwitchyardError =>
  new SwitchyardError('PROJECT_OUTSIDE', `Cannot release "${project}" as it must be a folder of the repository ${root}: it is not`, {
    data: { project, root },
  })

export const noCommits = (root: string): SwitchyardError =>
  new SwitchyardError('NO_COMMITS', `Cannot plan a release of ${root} as it must have a commit: it has none yet`, {
    data: { root },
    next: 'commit something first',
  })

export const noVersion = (project: string): SwitchyardError =>
  new SwitchyardError('NO_VERSION', `Cannot release ${project} as a file or a tag must say which version it has: none does`, {
    data: { project },
    next: 'name the first version, such as: switchyard release plan --version 0.1.0',
  })

export const versionInvalid = (version: string, must: string): SwitchyardError =>
  new SwitchyardError('VERSION_INVALID', `Cannot release version "${version}" as it must be ${must}`, { data: { version } })

export const historyIncomplete = (root: string): SwitchyardError =>
  new SwitchyardError(
    'HISTORY_INCOMPLETE',
    `Cannot tell what changed in ${root} as the history since the last release must be there: the clone is shallow and ends before it`,
    { data: { root }, next: 'git fetch --unshallow --tags' },
  )

export const packageUnknown = (name: string, known: readonly string[]): SwitchyardError =>
  new SwitchyardError('PACKAGE_UNKNOWN', `Cannot release package "${name}" as it must be one of the project's: ${known.join(', ')}`, {
    data: { name, known },
  })

export const changelogUnreadable = (file: string): SwitchyardError =>
  new SwitchyardError('CHANGELOG_UNREADABLE', `Cannot add to ${file} as it must be UTF-8, for what is there to stay: it is not`, {
    data: { file },
    next: 'save the file as UTF-8',
  })

export const recordUnknown = (which: string): SwitchyardError =>
  new SwitchyardError('RELEASE_UNKNOWN', `Cannot look at release ${which} as it must be on record: it is not`, {
    data: { which },
    next: 'switchyard release list',
  })

export const recordExists = (version: string, of: string): SwitchyardError =>
  new SwitchyardError(
    'RELEASE_EXISTS',
    `Cannot record release ${version} of ${of} as a version is released once: it is on record already`,
    {
      data: { version, of },
      next: 'change it with: switchyard release update',
    },
  )

export const recordChanged = (id: number): SwitchyardError =>
  new SwitchyardError(
    'RELEASE_CHANGED',
    `Cannot take back what was done to release ${id} as it must be as it was left: it was changed since`,
    {
      data: { id },
    },
  )

export const noRecords = (project: string): SwitchyardError =>
  new SwitchyardError('NO_RELEASES', `Cannot export the releases of ${project} as there must be one on record: there is none`, {
    data: { project },
    next: 'record one with: switchyard release create',
  })

export const fileOutside = (file: string, project: string, found: string): SwitchyardError =>
  new SwitchyardError('FILE_OUTSIDE', `Cannot write "${file}" as it must be a plain file inside of ${project}: ${found}`, {
    data: { file, project },
  })

export const exportChanged = (file: string): SwitchyardError =>
  new SwitchyardError(
    'EXPORT_CHANGED',
    `Cannot take the export to ${file} back as the file must be as it was written: somebody changed it`,
    {
      data: { file },
    },
  )

export const notReleased = (what: string, found: string): SwitchyardError =>
  new SwitchyardError('NOT_RELEASED', `Cannot tell of ${what} as there must be such a release: ${found}`, {
    data: { what },
    next: 'switchyard release check shows the versions that are tagged',
  })
