import { SwitchyardError } from '@switchyard/plugin-kit'

export const projectUnknown = (project: string): SwitchyardError =>
  new SwitchyardError('PROJECT_UNKNOWN', `Cannot find project "${project}" as it must be the name, id or folder of a registered one`, {
    data: { project },
    next: 'switchyard ops project list, or: switchyard ops project register --path FOLDER',
  })

export const projectAmbiguous = (name: string, ids: readonly number[]): SwitchyardError =>
  new SwitchyardError('PROJECT_AMBIGUOUS', `Cannot tell which project "${name}" is as only one may have that name: ${ids.length} have`, {
    data: { name, ids },
    next: `name it by its id: ${ids.join(', ')}`,
  })

export const projectTaken = (path: string, id: number): SwitchyardError =>
  new SwitchyardError('PROJECT_TAKEN', `Cannot give a project the folder ${path} as it must be nobody else's: project ${id} has it`, {
    data: { path, id },
  })

export const recordUnknown = (kind: string, id: number | string): SwitchyardError =>
  new SwitchyardError('RECORD_UNKNOWN', `Cannot find ${kind} ${id} as it must be recorded: it is not`, { data: { kind, id } })

export const noHealthCheck = (project: string): SwitchyardError =>
  new SwitchyardError('RECORD_UNKNOWN', `Cannot show the health of "${project}" as it must have been recorded once: it was not`, {
    data: { kind: 'health check', project },
    next: 'switchyard ops health record',
  })

export const templateUnknown = (category: string, known: readonly string[]): SwitchyardError =>
  new SwitchyardError('TEMPLATE_UNKNOWN', `Cannot show template "${category}" as it must be one of: ${known.join(', ')}`, {
    data: { category, known },
  })

export const cursorInvalid = (cursor: string): SwitchyardError =>
  new SwitchyardError('CURSOR_INVALID', 'Cannot go on with the list as the cursor must be one that the same list gave', {
    data: { cursor },
  })

export const changeUnknown = (change: number): SwitchyardError =>
  new SwitchyardError('CHANGE_UNKNOWN', `Cannot take back change ${change} as it must be known: it is not, or older than 30 days`, {
    data: { change },
  })

export const changeStale = (change: number, what: string): SwitchyardError =>
  new SwitchyardError('CHANGE_STALE', `Cannot take back change ${change} as all must be as it left it: ${what} was changed since`, {
    data: { change, what },
  })

export const changeFinal = (change: number, why: string): SwitchyardError =>
  new SwitchyardError('CHANGE_STALE', `Cannot take back change ${change} as it must be one that has a way back: ${why}`, {
    data: { change },
  })

export const outsideProject = (path: string, root: string): SwitchyardError =>
  new SwitchyardError('OUTSIDE_PROJECT', `Cannot write ${path} as it must be inside the project: it is not in ${root}`, {
    data: { path, root },
  })

export const noFolder = (project: string, doing: string): SwitchyardError =>
  new SwitchyardError('PROJECT_WITHOUT_FOLDER', `Cannot ${doing} of "${project}" as the project must have a folder: it has none`, {
    data: { project },
    next: 'switchyard ops project update --project NAME --path FOLDER',
  })

export const fileExists = (path: string): SwitchyardError =>
  new SwitchyardError('FILE_EXISTS', `Cannot write ${path} as there must be no such file yet: there is one`, {
    data: { path },
    next: 'add --overwrite, or name another file with --target',
  })
