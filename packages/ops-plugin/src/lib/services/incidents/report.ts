import type { Incident, IncidentEntry } from './incident.ts'

/** The first line of every report of ours, by which one is known that may be written anew. */
export const REPORT_MARK = '<!-- incident report by switchyard ops -->'

const at = (ms: number): string => `${new Date(ms).toISOString().replace('T', ' ').slice(0, 19)} UTC`

/** What came from logs must stay text: no HTML, no tables, no headings of its own. */
const plain = (text: string): string =>
  text
    .replaceAll(/\s+/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/[|`*_[\]#]/g, '\\$&')
    .trim()

function durationText(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  if (minutes < 60) return `${minutes} min`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** The incident as a Markdown page: what, when, why and what was done; the same records give the same page. */
export function incidentReport(incident: Incident, entries: readonly IncidentEntry[]): string {
  const { id, title, service, severity, status, openedMs, resolvedMs, cause, evidence } = incident
  const beganMs = Math.min(openedMs, ...entries.filter(({ kind }) => kind === 'event').map(({ atMs }) => atMs))
  const actions = entries.filter(({ kind }) => kind === 'action')
  const notes = entries.filter(({ kind }) => kind === 'note')
  const resolution = entries.findLast(({ kind }) => kind === 'resolved')
  const section = (heading: string, lines: readonly string[], empty: string): string =>
    `## ${heading}\n\n${lines.length === 0 ? empty : lines.map((line) => `- ${line}`).join('\n')}\n`
  const told = ({ atMs, text }: IncidentEntry): string => `${at(atMs)}: ${plain(text)}`
  return [
    `${REPORT_MARK}\n# Incident ${id}: ${plain(title)}\n`,
    [
      '| | |',
      '| --- | --- |',
      `| Service | ${service === undefined ? 'not named' : plain(service)} |`,
      `| Severity | ${severity} |`,
      `| Status | ${status} |`,
      `| First sign | ${at(beganMs)} |`,
      `| Opened | ${at(openedMs)} |`,
      ...(resolvedMs === undefined ? [] : [`| Resolved | ${at(resolvedMs)}, after ${durationText(resolvedMs - openedMs)} |`]),
      '',
    ].join('\n'),
    `## Cause\n\n${cause === undefined ? 'Not known.' : plain(cause)}\n`,
    section('Evidence', evidence.map(plain), 'None was found.'),
    section('Timeline', entries.map(told), 'Empty.'),
    section('Actions', actions.map(told), 'None were taken.'),
    ...(notes.length > 0 ? [section('Notes', notes.map(told), '')] : []),
    ...(resolution === undefined ? [] : [`## Resolution\n\n${plain(resolution.text)}\n`]),
  ].join('\n')
}
