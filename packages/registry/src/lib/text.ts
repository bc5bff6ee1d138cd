/** Longer texts of others are cut: what Claude Code itself shows of a description. */
const MAX_SUMMARY = 1_536
const MAX_NAME = 100

/**
 * A text of others on one line, as data: without what steers a terminal or turns the order of letters around, and cut.
 * Everything that the registry reads of a foreign file goes through here.
 */
export function cleanText(value: unknown, maxChars = MAX_SUMMARY): string {
  if (typeof value !== 'string' && typeof value !== 'number') return ''
  // Long before the limit, so that a huge text costs nothing.
  const text = String(value)
    .slice(0, maxChars * 4)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a colour's letters go with it
    .replace(/\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?)/g, '')
    .replace(/(?!\s)[\p{Cc}\p{Bidi_Control}\p{Cs}\u{200b}\u{2060}\u{feff}\u{e0000}-\u{e007f}]/gu, '')
    .replace(/\s+/g, ' ')
    .trim()
  const cut = [...text]
  return cut.length <= maxChars ? text : `${cut.slice(0, maxChars - 1).join('')}…`
}

/** A name that people can type: no spaces, slashes or what steers; undefined where nothing is left. */
export function cleanName(value: unknown): string | undefined {
  const name = cleanText(value, MAX_NAME)
    .replace(/[\s/\\:@]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
  return name === '' ? undefined : name
}

/** A list of short words, however it was written: a list, or one text with commas. */
export function cleanWords(value: unknown, maxWords = 50): string[] {
  const items = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : []
  return items
    .slice(0, maxWords)
    .map((item) => cleanText(item, 60))
    .filter((word) => word !== '')
}
