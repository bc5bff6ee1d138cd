import { SwitchyardError } from '@switchyard/contracts'

export const noFolder = (dir: string, is: string): SwitchyardError =>
  new SwitchyardError('REGISTRY_SOURCE', `Cannot read plugins from "${dir}" as it must be a folder: ${is}`, {
    data: { source: dir },
    next: 'switchyard registry add FOLDER, or a git address',
  })

export const nothingFound = (dir: string): SwitchyardError =>
  new SwitchyardError(
    'REGISTRY_SOURCE',
    `Cannot read plugins from "${dir}" as it must hold a marketplace, a plugin, or agents, commands or skills: it holds none of them`,
    { data: { source: dir }, next: 'switchyard registry add FOLDER, or a git address' },
  )

export const notCloned = (url: string, reason: string): SwitchyardError =>
  new SwitchyardError('REGISTRY_SOURCE', `Cannot read plugins from "${url}" as git must be able to clone it: ${reason}`, {
    data: { source: url },
    next: `git clone --depth 1 ${url}`,
  })

export const sourceTaken = (id: string): SwitchyardError =>
  new SwitchyardError('REGISTRY_TAKEN', `Cannot add "${id}" as that name is taken already`, {
    data: { id },
    next: `switchyard registry update ${id}, or another name`,
  })

/** `belongsTo` is the source of a plugin by that name, where a source was meant. */
export const unknownSource = (id: string, known: readonly string[], belongsTo?: string): SwitchyardError => {
  const shown = known.length > 12 ? [...known.slice(0, 12), `${known.length - 12} more`] : known
  const is =
    belongsTo === undefined
      ? known.length === 0
        ? 'none was'
        : `there are ${shown.join(', ')}`
      : `it is a plugin that came with ${belongsTo}`
  return new SwitchyardError(
    'REGISTRY_UNKNOWN',
    `Cannot find "${id}" as it must be ${belongsTo === undefined ? 'a plugin or a source' : 'a source'} that was added: ${is}`,
    {
      data: { id },
      next: belongsTo === undefined ? 'switchyard registry list' : `switchyard registry show ${belongsTo}`,
    },
  )
}

export const badSourceName = (id: string, must: string): SwitchyardError =>
  new SwitchyardError('REGISTRY_TAKEN', `Cannot add "${id}" as its name must be ${must}`, { data: { id }, next: 'choose another name' })
