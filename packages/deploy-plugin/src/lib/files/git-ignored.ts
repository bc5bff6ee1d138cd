/**
 * Whether a .gitignore in the root takes a file out, for the patterns that people write for env files: the last one that matches
 * decides. What is too long or has too many stars counts as no match.
 */
export function isIgnored(rules: string, path: string): boolean {
  let isOut = false
  for (const line of rules.split('\n').slice(0, MAX_RULES)) {
    const pattern = line.trim()
    if (pattern === '' || pattern.startsWith('#')) continue
    const negated = pattern.startsWith('!')
    if (matches(negated ? pattern.slice(1) : pattern, path)) isOut = !negated
  }
  return isOut
}

const MAX_RULES = 2_000
const MAX_STARS = 6

function matches(pattern: string, path: string): boolean {
  const isAnchored = /\/./.test(pattern) && !pattern.startsWith('**/')
  const clean = pattern
    .replace(/^\*\*\//, '')
    .replace(/^\//, '')
    .replace(/\/$/, '')
  if (clean.length > 200 || clean.split('*').length > MAX_STARS) return false
  const source = clean
    .split(/(\*\*\/|\*\*|\*|\?)/)
    .map((part) => ({ '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]' })[part] ?? part.replace(/[.+^${}()|\\]/g, '\\$&'))
    .join('')
  let expression: RegExp
  try {
    expression = new RegExp(`^${source}$`)
  } catch {
    return false
  }
  // A folder that is out takes everything in it along.
  const parts = path.split('/')
  return parts.some((name, index) => expression.test(isAnchored ? parts.slice(0, index + 1).join('/') : name))
}
