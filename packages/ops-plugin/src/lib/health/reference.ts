import { type Check, DOMAINS } from './check.ts'
import { ALL_CHECKS } from './checks/all.ts'

const PAGE = 'docs/reference/checks.md'

/** Where a check is explained: the page in this project's docs and the section in it. */
export function docsOf(id: string): string {
  return `${PAGE}#${id.replaceAll('.', '')}`
}

/** The page about every check, made of the checks themselves. */
export function checkReference(): string {
  const fixable = ALL_CHECKS.filter(({ fix }) => fix !== undefined).length
  const sections = DOMAINS.flatMap((domain) => {
    const checks = ALL_CHECKS.filter((check) => check.domain === domain)
    return checks.length === 0 ? [] : [`## ${domain}\n\n${checks.map(section).join('\n')}`]
  })
  return `# Checks

Every check of \`ops.health.scan\`, by domain. Made from the checks themselves by \`npm run docs\`. A warning earns half of the weight,
a failure nothing. ${fixable} of ${ALL_CHECKS.length} have a fix that \`switchyard ops health fix\` makes by itself.

${sections.join('\n')}`
}

function section(check: Check): string {
  const { id, title, weight, weights = {}, cap, mend, fix } = check
  const others = Object.entries(weights).map(([type, other]) => `${other} in a plugin that is ${type}`)
  const facts = [`weight ${[weight, ...others].join(', ')}`]
  if (cap !== undefined) facts.push(`where it fails, the score is ${cap} at most`)
  return `### ${id}

${title}.

${facts.join(' · ')}

To mend it: ${mend}.
${fix === undefined ? '' : `\nFix \`${fix.id}\`: ${fix.summary}.\n`}`
}
