import { htmlOf } from './formats/html.ts'
import { junitOf } from './formats/junit.ts'
import { markdownOf } from './formats/markdown.ts'
import { sarifOf } from './formats/sarif.ts'
import type { Format } from './formats.ts'
import { reportText } from './report.ts'
import type { Report } from './schema.ts'

const RENDERERS: Readonly<Record<Format, (report: Report) => string>> = {
  text: reportText,
  json: (report) => `${JSON.stringify(report, null, 2)}\n`,
  markdown: markdownOf,
  sarif: sarifOf,
  junit: junitOf,
  html: htmlOf,
}

/** The report in one of its forms; each ends with a line break, and the same report gives the same bytes. */
export function renderReport(report: Report, format: Format): string {
  return RENDERERS[format](report)
}
