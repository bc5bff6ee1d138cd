import { type Look, paint } from './look.ts'

interface Scaffold {
  readonly written: readonly { readonly path: string; readonly did: string }[]
  readonly next: readonly string[]
}

/** What was written, and how to go on. */
export function renderScaffold({ written, next }: Scaffold, look: Look): string {
  const files = written.map(({ path, did }) => `${paint(look, 'dim', did)} ${path}`)
  return [...files, '', 'Next:', ...next.map((line) => `  ${line}`)].join('\n')
}
