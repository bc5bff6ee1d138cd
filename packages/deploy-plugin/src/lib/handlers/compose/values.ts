/** `1m30s`, `500ms` or `10s`. */
export function durationMs(value: unknown, problems: string[], key: string): number {
  const given = String(value)
  const units: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }
  if (!/^(\d+(\.\d+)?(us|ms|s|m|h))+$/.test(given)) {
    problems.push(`${key}: "${given}" is no duration such as "1m30s"`)
    return 0
  }
  let total = 0
  for (const [, count, unit] of given.matchAll(/(\d+(?:\.\d+)?)(us|ms|s|m|h)/g)) total += Number(count) * (units[unit ?? 's'] ?? 0)
  return total
}

/** `512m`, `1gb` or a number of bytes. */
export function sizeOf(value: unknown, problems: string[], key: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([bkmg]?)b?$/i.exec(String(value))
  if (match === null) {
    problems.push(`${key}: "${String(value)}" is no size such as "512m"`)
    return 0
  }
  const power = ['', 'k', 'm', 'g'].indexOf((match[2] ?? '').toLowerCase().replace('b', ''))
  return Math.round(Number(match[1]) * 1024 ** power)
}

/** A command line as its words, by a shell's quotes alone. */
export function splitWords(line: string, problems: string[], key: string): string[] {
  const found: string[] = []
  let word: string | undefined
  let quote: string | undefined
  for (let index = 0; index < line.length; index++) {
    const char = line[index] as string
    if (quote !== undefined) {
      if (char === quote) quote = undefined
      else if (char === '\\' && quote === '"' && /["\\$`]/.test(line[index + 1] ?? '')) word += line[++index] as string
      else word += char
    } else if (char === '"' || char === "'") {
      quote = char
      word ??= ''
    } else if (/\s/.test(char)) {
      if (word !== undefined) found.push(word)
      word = undefined
    } else if (char === '\\') word = (word ?? '') + (line[++index] ?? '')
    else word = (word ?? '') + char
  }
  if (quote !== undefined) problems.push(`${key}: a quote has no end`)
  if (word !== undefined) found.push(word)
  return found
}
