import { wrongCursor } from './errors.ts'

/** Entries of a list on one page. */
const PAGE_SIZE = 100

export interface Page<entry> {
  readonly entries: readonly entry[]
  /** Where the next page begins; absent on the last. */
  readonly nextCursor?: string
}

/** One page of a list. @throws VALIDATION for a cursor that no page gave */
export function pageOf<entry>(all: readonly entry[], cursor: string | undefined): Page<entry> {
  const start = cursor === undefined ? 0 : Number(/^from-([1-9]\d{0,6})$/.exec(cursor)?.[1])
  if (cursor !== undefined && !(start < all.length && start % PAGE_SIZE === 0)) throw wrongCursor(cursor)
  const end = start + PAGE_SIZE
  return { entries: all.slice(start, end), ...(end < all.length && { nextCursor: `from-${end}` }) }
}
