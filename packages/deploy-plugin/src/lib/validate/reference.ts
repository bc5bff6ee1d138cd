import { PARTS, type Rule } from './rule.ts'
import { ALL_RULES } from './rules/all.ts'

/** The page about every rule, made of the rules themselves. */
export function ruleReference(): string {
  const fixable = ALL_RULES.filter(({ fix }) => fix !== undefined).length
  const sections = PARTS.map(
    (part) =>
      `## ${part}\n\n${ALL_RULES.filter((rule) => rule.part === part)
        .map(section)
        .join('\n')}`,
  )
  return `# Rules of a stack

Every rule of \`deploy.validate\`, by what it is about. Made from the rules themselves by \`npm run docs\`. What is critical fails the
stack: it will not start, loses data or lets strangers in. ${fixable} of ${ALL_RULES.length} have a repair that \`switchyard deploy fix\` makes by itself.

What is accepted is written down with its reason: in a comment on the line or the one above it,
\`# switchyard:allow compose.engine-socket until 2027-01-31: the agent restarts containers\`, or in \`switchyard.validate.json\`:
\`{ "suppress": [{ "rule": "caddy.security-headers", "file": "Caddyfile", "reason": "the application sends them", "until": "2027-01-31" }] }\`.
\`file\` and \`until\` may be left out.

${sections.join('\n')}`
}

function section({ id, severity, title, why, mend, fix }: Rule): string {
  return `### ${id}

${severity} · ${title}.

${why}

To mend it: ${mend}.
${fix === undefined ? '' : `\nRepair: ${fix}.\n`}`
}
