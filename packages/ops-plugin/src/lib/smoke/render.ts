import { printable } from '@switchyard/plugin-kit'
import { type ServerReport, SMOKE_CHECKS } from './schema.ts'

const DEAREST = 5
const MAX_NOTES = 3

/** What happened, server by server, in 80 columns. */
export function smokeText(servers: readonly ServerReport[]): string {
  return `${servers.map(serverLines).join('\n\n')}\n`
}

function serverLines({
  name,
  status,
  info,
  protocol,
  readyMs,
  listMs,
  tools,
  resources,
  prompts,
  bytes,
  tokens,
  checks,
}: ServerReport): string {
  const lines = [`${printable(name)}: ${status}`]
  if (info !== undefined) lines.push(`  ${printable(info.name)} ${printable(info.version)}, protocol ${printable(protocol ?? '')}`)
  if (readyMs !== undefined) {
    lines.push(`  ready after ${readyMs} ms, lists in ${listMs ?? 0} ms`)
    lines.push(`  ${tools.length} tools, ${resources} resources, ${prompts} prompts`)
    lines.push(`  the list of tools is ${bytes} bytes, about ${tokens} tokens in every session`)
    for (const tool of tools.slice(0, DEAREST)) lines.push(`    ${String(tool.tokens).padStart(6)}  ${printable(tool.name).slice(0, 60)}`)
  }
  for (const { id, status: state, notes } of checks) {
    if (state === 'pass') continue
    lines.push(`  ${state.toUpperCase().padEnd(8)}${SMOKE_CHECKS[id]}`)
    for (const note of notes.slice(0, MAX_NOTES)) lines.push(...wrapped(printable(note)))
    if (notes.length > MAX_NOTES) lines.push(`          and ${notes.length - MAX_NOTES} more`)
  }
  return lines.join('\n')
}

function wrapped(note: string): string[] {
  return note.match(/.{1,68}(?:\s|$)|.{68}/g)?.map((line) => `          ${line.trimEnd()}`) ?? []
}
