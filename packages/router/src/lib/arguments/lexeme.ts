import { stem } from '../stem.ts'
import { MAX_CHARS } from '../tokens.ts'

/** One piece of a request between spaces, without the punctuation around it: a value is read from pieces, not from stems. */
export interface Lexeme {
  readonly text: string
  readonly lower: string
  readonly stem: string
  readonly start: number
  readonly end: number
  /** The sentence or the clause ends behind it. */
  readonly endsClause: boolean
}

/** A point behind these ends nothing. */
const SHORTENED = /^(?:incl|excl|e\.g|i\.e|no|nr|vs|approx|resp|min|max)\.$/i
const PIECE = /@?[^\s"'`“”‘’()[\]{}<>,;!?@]+(?:['’]\p{L}+)?/gu

const FRAMED = /^[@\-–—:]|[.:–—+]$/

const withoutFrame = (piece: string): string =>
  piece
    .replace(/^@(?=[^/]*$)/, '')
    .replace(/^[-–—:]+(?=$|[^-\w.])/, '')
    .replace(/[.:–—+]+$/, '')

export function lexemesOf(text: string): readonly Lexeme[] {
  const lexemes: Lexeme[] = []
  const read = text.slice(0, MAX_CHARS)
  for (const match of read.matchAll(PIECE)) {
    const piece = FRAMED.test(match[0]) ? withoutFrame(match[0]) : match[0]
    if (piece === '') continue
    const start = match.index + match[0].indexOf(piece)
    const end = start + piece.length
    const isShort = piece !== match[0] && SHORTENED.test(match[0])
    const lower = piece.toLowerCase().replaceAll('’', "'")
    lexemes.push({
      text: piece,
      lower,
      stem: stem(lower.replace(/^-+/, '')),
      start,
      end,
      endsClause: !isShort && /^[\s"'”’)]*(?:[.,;:!?](?:\s|$)|$)|^[ \t]*\n/.test(read.slice(end, end + 8)),
    })
  }
  return lexemes
}
