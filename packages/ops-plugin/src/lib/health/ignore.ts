/** The rules of one or more .gitignore files, as git reads them: the last rule that matches decides. */
export interface IgnoreRules {
  /** Adds the rules of a .gitignore that lies in `folder` ('' is the root). Deeper folders must be added after the ones above. */
  add(folder: string, text: string): void
  /** True where git would leave this path out, be it by a rule on one of its folders. */
  ignores(path: string, isFolder?: boolean): boolean
}

interface Rule {
  matches: RegExp
  negated: boolean
  foldersOnly: boolean
}

/** No rules yet; paths are relative to the root and use slashes. */
export function createIgnoreRules(): IgnoreRules {
  const rules: Rule[] = []

  function ruleFor(path: string, isFolder: boolean): boolean {
    for (let index = rules.length - 1; index >= 0; index--) {
      const rule = rules[index] as Rule
      if (rule.foldersOnly && !isFolder) continue
      if (rule.matches.test(path)) return !rule.negated
    }
    return false
  }

  return {
    add(folder, text) {
      for (const line of text.split(/\r?\n/)) {
        const rule = parseRule(folder, line)
        if (rule !== undefined) rules.push(rule)
      }
    },
    ignores(path, isFolder = false) {
      if (rules.length === 0) return false
      // A file cannot be taken back in once one of its folders is out, so the folders are asked first.
      for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
        if (ruleFor(path.slice(0, slash), true)) return true
      }
      return ruleFor(path, isFolder)
    },
  }
}

function parseRule(folder: string, line: string): Rule | undefined {
  let pattern = line.replace(/(?<!\\)\s+$/, '')
  if (pattern === '' || pattern.startsWith('#')) return undefined
  const negated = pattern.startsWith('!')
  if (negated) pattern = pattern.slice(1)
  const foldersOnly = pattern.endsWith('/')
  if (foldersOnly) pattern = pattern.slice(0, -1)
  const anchored = pattern.includes('/')
  pattern = pattern.replace(/^\//, '')
  if (pattern === '') return undefined
  const prefix = folder === '' ? '' : `${escapeRegExp(folder)}/`
  return { matches: new RegExp(`^${prefix}${anchored ? '' : '(?:.*/)?'}${globSource(pattern)}$`, 's'), negated, foldersOnly }
}

/** A glob as regular expression source: `*` and `?` stay inside a segment, `**` crosses segments. */
export function globSource(glob: string): string {
  let source = ''
  for (let index = 0; index < glob.length; index++) {
    const char = glob[index] as string
    if (char === '*' && glob[index + 1] === '*') {
      const atStart = index === 0 || glob[index - 1] === '/'
      const slashAfter = glob[index + 2] === '/'
      source += atStart && slashAfter ? '(?:.*/)?' : '.*'
      index += atStart && slashAfter ? 2 : 1
    } else if (char === '*') source += '[^/]*'
    else if (char === '?') source += '[^/]'
    else if (char === '\\' && index + 1 < glob.length) source += escapeRegExp(glob[++index] as string)
    else if (char === '[') {
      const end = glob.indexOf(']', index + 2)
      if (end === -1) source += '\\['
      else {
        const body = glob
          .slice(index + 1, end)
          .replace(/^!/, '^')
          .replaceAll('\\', '\\\\')
          .replaceAll('[', '\\[')
        source += isRegExp(`[${body}]`) ? `[${body}]` : escapeRegExp(glob.slice(index, end + 1))
        index = end
      }
    } else source += escapeRegExp(char)
  }
  return source
}

export function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}

function isRegExp(source: string): boolean {
  try {
    new RegExp(source)
    return true
  } catch {
    return false
  }
}
