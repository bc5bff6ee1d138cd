import { compileGlob } from './glob.ts'

/** The rules of one or more .gitignore files, as git reads them: the last rule that matches decides. */
export interface IgnoreRules {
  /** Adds the rules of a .gitignore that lies in `folder` ('' is the root). Deeper folders must be added after the ones above. */
  add(folder: string, text: string): void
  /** True where git would leave this path out, be it by a rule on one of its folders. */
  ignores(path: string, isFolder?: boolean): boolean
}

interface Rule {
  matches: (path: string) => boolean
  negated: boolean
  foldersOnly: boolean
}

/** Far beyond what people write: these bounds keep a hostile file from costing minutes. */
const MAX_RULES = 2_000
const MAX_RULE_CHARS = 1_000

/** No rules yet; paths are relative to the root and use slashes. */
export function createIgnoreRules(): IgnoreRules {
  const rules: Rule[] = []

  function ruleFor(path: string, isFolder: boolean): boolean {
    for (let index = rules.length - 1; index >= 0; index--) {
      const rule = rules[index] as Rule
      if (rule.foldersOnly && !isFolder) continue
      if (rule.matches(path)) return !rule.negated
    }
    return false
  }

  return {
    add(folder, text) {
      for (const line of text.split(/\r?\n/)) {
        if (line.length > MAX_RULE_CHARS || rules.length >= MAX_RULES) continue
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
  const glob = compileGlob(anchored ? pattern : `**/${pattern}`)
  const prefix = folder === '' ? '' : `${folder}/`
  return { matches: (path) => path.startsWith(prefix) && glob(path.slice(prefix.length)), negated, foldersOnly }
}
