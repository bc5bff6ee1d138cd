import { columns } from '../records/columns.ts'
import type { Watched } from './watch.ts'

/** That everything stayed well, for people. */
export function watchText(env: string, forSeconds: number, seen: readonly Watched[]): string {
  return [
    `${env} stayed well for ${forSeconds} s`,
    ...columns(seen.map(({ service, looks, failures, told }) => [`  ${service}`, `${looks} looks`, `${failures} failed`, told])),
  ].join('\n')
}
