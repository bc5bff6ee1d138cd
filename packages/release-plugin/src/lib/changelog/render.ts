import type { WebLinks } from '../notes/web-links.ts'
import { CATEGORIES, type Entry, entryLine } from './entry.ts'

/** The body of a section: what breaks first in each category, then oldest first. */
export function renderEntries(entries: readonly Entry[], links: WebLinks): string {
  const blocks = CATEGORIES.flatMap((category) => {
    const own = entries.filter((entry) => entry.category === category)
    if (own.length === 0) return []
    const sorted = [...own.filter(({ breaking }) => breaking), ...own.filter(({ breaking }) => !breaking)]
    return [`### ${category}\n\n${sorted.map((entry) => entryLine(entry, links)).join('\n')}`]
  })
  return blocks.join('\n\n')
}
