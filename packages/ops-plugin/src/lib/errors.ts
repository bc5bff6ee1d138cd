import { SwitchyardError } from '@switchyard/plugin-kit'

export const projectNotFound = (path: string, found: string): SwitchyardError =>
  new SwitchyardError('PROJECT_NOT_FOUND', `Cannot look at project "${path}" as it must be a folder that can be read: ${found}`, {
    data: { path },
    next: 'name a folder, such as: switchyard ops health scan --project .',
  })

export const scanCancelled = (): SwitchyardError =>
  new SwitchyardError('CANCELLED', 'Cannot finish the scan as its caller gave up: the signal was aborted')

export const belowMinimum = (score: number, minimum: number, worst: string): SwitchyardError =>
  new SwitchyardError('HEALTH_BELOW_MINIMUM', `Cannot pass as the score must be at least ${minimum}: it is ${score}\n${worst}`.trimEnd(), {
    data: { score, minimum },
    next: 'see everything with: switchyard ops health scan',
  })

export const healthWorsened = (count: number, news: string): SwitchyardError =>
  new SwitchyardError('HEALTH_WORSENED', `Cannot pass as nothing may be wrong that the baseline does not have: ${count} new\n${news}`, {
    data: { new: count },
    next: 'mend these, or accept them with: switchyard ops health baseline',
  })

export const baselineMissing = (file: string): SwitchyardError =>
  new SwitchyardError('BASELINE_MISSING', `Cannot compare with a baseline as ${file} must hold one: it does not`, {
    next: 'take one with: switchyard ops health baseline',
  })

export const settingsInvalid = (file: string, mistakes: readonly string[]): SwitchyardError =>
  new SwitchyardError('SETTINGS_INVALID', `Cannot change ${file} as it must be right first:\n${mistakes.join('\n')}`, { data: { file } })

export const checkUnknown = (id: string, closest: string | undefined): SwitchyardError =>
  new SwitchyardError('CHECK_UNKNOWN', `Cannot find check "${id}" as it must be one of docs/reference/checks.md: there is none so called`, {
    data: { id },
    ...(closest !== undefined && { next: `perhaps ${closest} was meant` }),
  })

export const unsafePath = (path: string, found: string): SwitchyardError =>
  new SwitchyardError('UNSAFE_PATH', `Cannot write "${path}" as it must be a file inside the project: ${found}`, { data: { path } })

export const changeUnknown = (id: string): SwitchyardError =>
  new SwitchyardError('CHANGE_UNKNOWN', `Cannot take change "${id}" back as it must be one that was made and not taken back: it is not`, {
    data: { id },
  })

export const changedSince = (paths: readonly string[]): SwitchyardError =>
  new SwitchyardError(
    'CHANGED_SINCE',
    `Cannot take the change back as its files must be as it left them: ${paths.join(', ')} changed since`,
    {
      data: { paths },
      next: 'look at what changed (git diff), and mend it by hand',
    },
  )

export const changedMeanwhile = (paths: readonly string[]): SwitchyardError =>
  new SwitchyardError('CHANGED_SINCE', `Cannot write as the files must be as they were looked at: ${paths.join(', ')} changed since`, {
    data: { paths },
    next: 'do it again',
  })

export const reportExists = (path: string): SwitchyardError =>
  new SwitchyardError('REPORT_EXISTS', `Cannot write "${path}" as there must be no such file yet: there is one`, {
    data: { path },
    next: 'name another file, or say --overwrite',
  })

export const fixFailed = (checks: readonly string[]): SwitchyardError =>
  new SwitchyardError('FIX_FAILED', `Cannot keep the fixes as each check must find less than before: ${checks.join(', ')} did not`, {
    data: { checks },
    next: 'nothing was changed; the tree may have changed meanwhile: plan again',
  })

export const noServer = (project: string): SwitchyardError =>
  new SwitchyardError(
    'NO_SERVER',
    `Cannot test an MCP server as the project must configure one: ${project} has none in .mcp.json or plugin.json`,
    {
      next: 'name the program: switchyard ops mcp check --program node --args server.js',
    },
  )

export const serverUnknown = (name: string, known: readonly string[]): SwitchyardError =>
  new SwitchyardError('SERVER_UNKNOWN', `Cannot test MCP server "${name}" as it must be one of ${known.join(', ')}`, {
    data: { name, known },
  })

export const serverNotStdio = (names: readonly string[]): SwitchyardError =>
  new SwitchyardError(
    'SERVER_NOT_STDIO',
    `Cannot test ${names.join(', ')} as it must be a program that can be started here: it is reached over the network`,
    {
      data: { names },
    },
  )
