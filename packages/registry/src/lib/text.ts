/** Longer texts of others are cut: what Claude Code itself shows of a description. */
const MAX_SUMMARY = 1_536
const MAX_NAME = 100

/** What nobody sees and a machine reads: a text of its own can be hidden in it. Joiners stay, as emoji and some scripts need them. */
const INVISIBLE = /(?!\s|\u200c|\u200d|\ufe0e|\ufe0f)[\p{Cc}\p{Cs}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}]/gu
/** More on one letter than any script has runs over the lines around it. */
const STACKED_MARKS = /(\p{Mn}{4})\p{Mn}+/gu

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
    .replace(INVISIBLE, '')
    .replace(STACKED_MARKS, '$1')
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

/** What a source is called: a name that a command line takes as it is, whoever chose it. */
export function cleanId(value: unknown): string | undefined {
  return cleanName(cleanName(value)?.replace(/-*[;|&$`<>(){}[\]!*?'"#~^%=]+[-;|&$`<>(){}[\]!*?'"#~^%=]*/g, '-'))
}

/** A list of short words, however it was written: a list, or one text with commas. */
export function cleanWords(value: unknown, maxWords = 50): string[] {
  const items = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : []
  return items
    .slice(0, maxWords)
    .map((item) => cleanText(item, 60))
    .filter((word) => word !== '')
}
