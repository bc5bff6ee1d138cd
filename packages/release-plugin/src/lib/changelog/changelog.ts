import semver from 'semver'

/** One section of a changelog: from its heading to the next. Offsets are into the text. */
interface Section {
  /** null for what is not released yet. */
  readonly version: string | null
  /** As the heading says it, YYYY-MM-DD. */
  readonly date: string | null
  readonly start: number
  /** Where the heading's line has ended. */
  readonly bodyStart: number
  readonly end: number
}

export interface Changelog {
  readonly text: string
  readonly eol: '\n' | '\r\n'
  readonly sections: readonly Section[]
  /** Definitions such as `[1.2.0]: https://...`, in order; `start` is that of the line. */
  readonly links: readonly { readonly label: string; readonly url: string; readonly start: number; readonly end: number }[]
}

const HEADING =
  /^#{1,2}[ \t]+\[?(?:v?(\d+\.\d+\.\d+[0-9A-Za-z.+-]*)|(unreleased))\]?(?:\([^)\n]*\))?(?:[ \t]*[-–—(]*[ \t]*(\d{4}-\d{2}-\d{2}))?.*$/i
const LINK = /^\[([^\]\n]+)\]:[ \t]*(\S+)[ \t]*$/

/** Finds headings and link definitions; what is in fenced code is neither. */
export function parseChangelog(text: string): Changelog {
  const sections: { version: string | null; date: string | null; start: number; bodyStart: number; end: number }[] = []
  const links: { label: string; url: string; start: number; end: number }[] = []
  let fence: string | undefined
  let at = 0
  let open: (typeof sections)[number] | undefined
  /** Where definitions begin that nothing else has followed yet: they close a section, but do not part one. */
  let linksFrom: number | undefined
  for (const line of text.split('\n')) {
    const [start, end] = [at, Math.min(text.length, at + line.length + 1)]
    at = end
    const bare = line.replace(/\r$/, '')
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(bare)?.[1]
    const link = fence === undefined ? LINK.exec(bare) : null
    const isHeading = fence === undefined && (HEADING.test(bare) || /^#{1,2}[ \t]/.test(bare))
    if (link !== null) linksFrom ??= start
    else if (bare.trim() !== '' && !isHeading) linksFrom = undefined
    if (fence !== undefined) {
      if (mark?.startsWith(fence) && bare.trim() === mark) fence = undefined
      continue
    }
    if (mark !== undefined) {
      fence = mark
      continue
    }
    const heading = HEADING.exec(bare)
    if (isHeading) {
      if (open !== undefined) open.end = linksFrom ?? start
      open = undefined
      linksFrom = undefined
    }
    if (link !== null) links.push({ label: link[1] ?? '', url: link[2] ?? '', start, end })
    if (heading === null) continue
    open = { version: heading[1] ?? null, date: heading[3] ?? null, start, bodyStart: end, end: text.length }
    sections.push(open)
  }
  if (open !== undefined) open.end = linksFrom ?? text.length
  return { text, eol: /\r\n/.test(text) ? '\r\n' : '\n', sections, links }
}

/** What a section says below its heading, of null what is not released yet; undefined where there is none of that version. */
export function sectionBody({ text, sections }: Changelog, version: string | null): string | undefined {
  const section = sections.find((one) => one.version === version)
  return section === undefined ? undefined : text.slice(section.bodyStart, section.end).replaceAll('\r\n', '\n').trim()
}

export interface NewSection {
  readonly version: string
  /** YYYY-MM-DD. */
  readonly date: string
  /** Markdown: `### Category` headings with list items below them. */
  readonly body: string
  /** Pages that compare versions, where there are any. */
  readonly links?: { readonly version: string | undefined; readonly unreleased: string | undefined } | undefined
}

const PREAMBLE = [
  '# Changelog',
  '',
  'All notable changes are written down here, in the form of [Keep a Changelog](https://keepachangelog.com/en/1.1.0/).',
  'Versions follow [Semantic Versioning](https://semver.org/spec/v2.0.0.html).',
  '',
  '## [Unreleased]',
  '',
].join('\n')

/**
 * The changelog with a section for a version. Text that is there stays to the byte: what stood under "Unreleased" is moved below the
 * new heading with its lines untouched, what a section of that version says already is kept, and only what neither says is added.
 */
export function withSection(before: string | undefined, { version, date, body, links }: NewSection): string {
  const changelog = parseChangelog(before === undefined || before.trim() === '' ? PREAMBLE : before)
  const { text, eol, sections } = changelog
  const isNewFile = before === undefined || before.trim() === ''
  const existing = sections.find((one) => one.version === version)
  const unreleased = sections.find((one) => one.version === null)
  const isNewest = sections.every((one) => one.version === null || !isAbove(one.version, version))
  let merged: string
  if (existing !== undefined) merged = mergeBody(text, existing.bodyStart, existing.end, body, eol)
  else if (unreleased !== undefined && isNewest) {
    const withBody = mergeBody(text, unreleased.bodyStart, unreleased.end, body, eol)
    const heading = `${eol}## [${version}] - ${date}${eol}`
    const gap = withBody.slice(unreleased.bodyStart).startsWith(eol) || withBody.length === unreleased.bodyStart ? '' : eol
    merged = withBody.slice(0, unreleased.bodyStart) + heading + gap + withBody.slice(unreleased.bodyStart)
  } else {
    const next = sections.find((one) => one.version !== null && !isAbove(one.version, version))
    const at = next?.start ?? sections.at(-1)?.end ?? changelog.links[0]?.start ?? text.length
    const lead = text.slice(0, at)
    const gap = lead === '' || lead.endsWith(eol + eol) ? '' : lead.endsWith('\n') ? eol : eol + eol
    merged = `${lead}${gap}## [${version}] - ${date}${eol}${eol}${lines(body, eol)}${eol}${next === undefined && at === text.length ? '' : eol}${text.slice(at)}`
  }
  return links === undefined ? merged : withLinks(merged, version, links, isNewFile)
}

const isAbove = (a: string, b: string): boolean => (semver.valid(a) === null || semver.valid(b) === null ? false : semver.gt(a, b))
const lines = (text: string, eol: string): string => text.trim().replaceAll('\n', eol)

/** Adds to the text between two offsets what of `body` it does not say yet: under the same heading, or with a heading of its own. */
function mergeBody(text: string, start: number, end: number, body: string, eol: string): string {
  let [section, after] = [text.slice(start, end), text.slice(end)]
  if (section.trim() === '')
    return `${text.slice(0, start)}${body.trim() === '' ? section : `${eol}${lines(body, eol)}${eol}${after === '' ? '' : eol}`}${after}`
  for (const [heading, items] of blocksOf(body)) {
    const missing = items.filter((item) => !says(section, heading, item))
    if (missing.length === 0) continue
    const added = missing.map((item) => lines(item, eol)).join(eol)
    const at = endOfBlock(section, heading)
    if (at === undefined) {
      const trimmed = section.trimEnd()
      section = `${trimmed}${eol}${eol}${heading === '' ? '' : `### ${heading}${eol}${eol}`}${added}${eol}${after === '' ? '' : eol}`
    } else section = `${section.slice(0, at)}${eol}${added}${section.slice(at)}`
  }
  after = text.slice(end)
  return text.slice(0, start) + section + after
}

/** Headings with their list items; an item keeps its further lines. */
function blocksOf(body: string): Map<string, string[]> {
  const blocks = new Map<string, string[]>()
  let heading = ''
  for (const line of body.split('\n')) {
    const found = /^### +(.+?)\s*$/.exec(line)?.[1]
    if (found !== undefined) heading = found
    else if (line.trim() !== '') {
      const items = blocks.get(heading) ?? []
      blocks.set(heading, items)
      if (/^\s/.test(line) && items.length > 0) items.push(`${items.pop()}\n${line.trimEnd()}`)
      else items.push(line.trimEnd())
    }
  }
  return blocks
}

/** An item is said where its commit is named, or where a line below its heading begins with its words in whatever form. */
function says(section: string, heading: string, item: string): boolean {
  const commit = /\W([0-9a-f]{7})(?:\]\([^)\s]*\))?\)/.exec(item)?.[1]
  if (commit !== undefined && section.includes(commit)) return true
  const words = plain(item.replace(/ \([^()]*(?:\([^()]*\)[^()]*)*\)(?=\n|$)/, ''))
  return words !== '' && linesBelow(section, heading).some(({ line }) => `${plain(line)} `.startsWith(`${words} `))
}

const plain = (text: string): string =>
  text
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
    .toLowerCase()

/** Where the last line with text below a `###` heading ends; undefined without such a heading. */
const endOfBlock = (section: string, heading: string): number | undefined =>
  heading === '' ? undefined : linesBelow(section, heading).findLast(({ line }) => line.trim() !== '')?.end

/** The lines of a `###` heading, itself among them, and where each ends; of no heading: all. */
function linesBelow(section: string, heading: string): { line: string; end: number }[] {
  const found: { line: string; end: number }[] = []
  let at = 0
  let isIn = heading === ''
  for (const raw of section.split('\n')) {
    const line = raw.replace(/\r$/, '')
    const name = /^### +(.+?)\s*$/.exec(line)?.[1]
    if (name !== undefined && heading !== '') isIn = name.toLowerCase() === heading.toLowerCase()
    if (isIn) found.push({ line, end: at + line.length })
    at += raw.length + 1
  }
  return found
}

/** Definitions of links at the end, where the file keeps some or is new. */
function withLinks(
  text: string,
  version: string,
  { version: url, unreleased }: NonNullable<NewSection['links']>,
  isNewFile: boolean,
): string {
  const { links, eol } = parseChangelog(text)
  const ofVersions = links.filter(({ label }) => /^unreleased$/i.test(label) || semver.valid(label) !== null)
  if (ofVersions.length === 0 && !isNewFile) return text
  const line = url === undefined || ofVersions.some(({ label }) => label === version) ? '' : `[${version}]: ${url}${eol}`
  const first = ofVersions[0]
  if (first === undefined) {
    const head = unreleased === undefined ? '' : `[Unreleased]: ${unreleased}${eol}`
    return head + line === '' ? text : `${text.trimEnd()}${eol}${eol}${head}${line}`
  }
  const isUnreleased = /^unreleased$/i.test(first.label)
  const head =
    isUnreleased && unreleased !== undefined && isHighest(version, ofVersions)
      ? `[${first.label}]: ${unreleased}${eol}`
      : text.slice(first.start, first.end)
  if (isUnreleased) return text.slice(0, first.start) + head + line + text.slice(first.end)
  return text.slice(0, first.start) + line + text.slice(first.start)
}

const isHighest = (version: string, links: readonly { readonly label: string }[]): boolean =>
  links.every(({ label }) => !isAbove(label, version))
