import { pathToFileURL } from 'node:url'
import type { Report } from '../schema.ts'

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json'
const LEVELS = { fail: 'error', warn: 'warning', unknown: 'note' } as const

/** SARIF 2.1.0, as code hosts show it beside the lines of a change. */
export function sarifOf(report: Report): string {
  const wrong = report.checks.filter(({ findings }) => findings.length > 0)
  const run = {
    tool: {
      driver: {
        name: 'switchyard-health',
        semanticVersion: `${report.rubric}.0.0`,
        rules: wrong.map(({ id, title, mend, status, docs }) => ({
          id,
          shortDescription: { text: `${title}.` },
          help: { text: `${mend ?? title}. See ${docs}` },
          defaultConfiguration: { level: LEVELS[status === 'pass' ? 'unknown' : status] },
        })),
      },
    },
    automationDetails: { id: `switchyard-health/${report.project}` },
    columnKind: 'utf16CodeUnits',
    originalUriBaseIds: { ROOT: { description: { text: 'The root of the project' } } },
    results: wrong.flatMap(({ id, findings, mend }, ruleIndex) =>
      findings.map(({ status, note, file, line, fingerprint, isNew }) => ({
        ruleId: id,
        ruleIndex,
        level: LEVELS[status],
        message: { text: plain(`${file === undefined ? '' : `${file} `}${note}.${mend === undefined ? '' : ` To mend it: ${mend}.`}`) },
        ...(file !== undefined && {
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: uriOf(file), uriBaseId: 'ROOT' },
                ...(line !== undefined && { region: { startLine: line } }),
              },
            },
          ],
        }),
        partialFingerprints: { 'switchyard/v1': fingerprint },
        ...(isNew !== undefined && { baselineState: isNew ? 'new' : 'unchanged' }),
      })),
    ),
    properties: { score: report.score, status: report.status, confidence: report.confidence, rubric: report.rubric },
  }
  return `${JSON.stringify({ $schema: SCHEMA, version: '2.1.0', runs: [run] }, null, 2)}\n`
}

/** Viewers make links of `[text](target)`, and names are whatever their author wanted. */
const plain = (text: string): string => text.replace(/[\\[\]]/g, '\\$&')

/** Relative, with everything escaped that an address cannot hold. */
function uriOf(file: string): string {
  return pathToFileURL(`/${file}`).pathname.slice(1)
}
