// Controls, marks that turn the direction of text, and line ends that only some programs know: what could make a line look like another.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const INVISIBLE = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|[\t\n]/g

/** One line of somebody else's text, with everything that a reader could not see written out. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (found) => {
    if (found === '\t' || found === '\n') return ' '
    return `\\u{${found.charCodeAt(0).toString(16)}}`
  })
}
