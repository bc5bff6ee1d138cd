import { pathToFileURL } from 'node:url'
import { docsOf } from './docs.ts'
import type { Rule } from './rule.ts'
import { ALL_RULES } from './rules/all.ts'
import type { Report } from './schema.ts'

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json'
const LEVELS = { critical: 'error', warning: 'warning', info: 'note' } as const

/** SARIF 2.1.0, as code hosts show it beside the lines of a change. */
export function sarifOf({ findings, verdict, counts }: Report): string {
  const ids = [...new Set(findings.map(({ rule }) => rule))]
  const rules = ids.flatMap((id) => ALL_RULES.find((rule) => rule.id === id) ?? [])
  const run = {
    tool: { driver: { name: 'switchyard-deploy', rules: rules.map(describe) } },
    automationDetails: { id: 'switchyard-deploy/validate' },
    columnKind: 'utf16CodeUnits',
    originalUriBaseIds: { ROOT: { description: { text: 'The root of the project' } } },
    results: findings.map((finding) => ({
      ruleId: finding.rule,
      ruleIndex: ids.indexOf(finding.rule),
      level: LEVELS[finding.severity],
      message: { text: plain(`${finding.note}. To mend it: ${finding.mend}.`) },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: uriOf(finding.file), uriBaseId: 'ROOT' },
            region: {
              startLine: finding.line,
              startColumn: finding.column,
              ...(finding.endLine === finding.line && finding.endColumn <= finding.column
                ? {}
                : { endLine: finding.endLine, endColumn: finding.endColumn }),
            },
          },
        },
      ],
      partialFingerprints: { 'switchyard/v1': finding.fingerprint },
    })),
    properties: { verdict, counts },
  }
  return `${JSON.stringify({ $schema: SCHEMA, version: '2.1.0', runs: [run] }, null, 2)}\n`
}

const describe = ({ id, title, why, mend, severity }: Rule) => ({
  id,
  shortDescription: { text: `${title}.` },
  fullDescription: { text: why },
  help: { text: `${mend}. See ${docsOf(id)}` },
  defaultConfiguration: { level: LEVELS[severity] },
})

/** Viewers make links of `[text](target)`, and names are whatever their author wanted. */
const plain = (text: string): string => text.replace(/[\\[\]]/g, '\\$&')

/** Relative, with everything escaped that an address cannot hold. */
const uriOf = (file: string): string => pathToFileURL(`/${file}`).pathname.slice(1)
