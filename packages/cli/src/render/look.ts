/** How text may look where it goes. */
export interface Look {
  readonly columns: number
  readonly color: boolean
}

const CODES = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39], cyan: [36, 39] } as const

/** Text in a colour, where colours are wanted. */
export function paint({ color }: Look, name: keyof typeof CODES, text: string): string {
  const [on, off] = CODES[name]
  return color ? `\u001b[${on}m${text}\u001b[${off}m` : text
}

/** Text of others without anything that steers a terminal or turns the order of letters around; line breaks stay. */
export function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: with its letters gone too, a colour leaves nothing behind
  const uncolored = text.replace(/\u001b\[[0-?]*[ -/]*[@-~]/g, '')
  return uncolored.replace(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu, '')
}

/** Breaks text between words so that no line is wider, unless one word is. */
export function wrap(text: string, columns: number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const lines: string[] = []
    let line = ''
    for (const word of paragraph.split(' ')) {
      if (line !== '' && line.length + 1 + word.length > columns) {
        lines.push(line)
        line = word
      } else line = line === '' ? word : `${line} ${word}`
    }
    return [...lines, line]
  })
}
