/** What a server's entry holds, as far as it is ours to set. */
export type Entry = Readonly<Record<string, string | readonly string[]>>

/**
 * A notation of configuration files that can be changed in one place while every other byte, comments among them, stays.
 * What a change made of the text is not trusted: the caller parses it again and compares.
 */
export interface ConfigFormat {
  /** What the text says. @throws SyntaxError with the place of the first mistake */
  parse(text: string): unknown
  /** Sets these fields of the entry at `[key][name]`, which is made where it is missing; other fields of it stay. */
  set(text: string, key: string, name: string, fields: Entry): string
  /** Takes the entry at `[key][name]` away. */
  remove(text: string, key: string, name: string): string
}
