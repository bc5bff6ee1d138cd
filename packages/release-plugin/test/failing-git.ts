import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A `git` that stands before the real one in PATH, counts its calls and fails one of them. */
export interface FailingGit {
  /** To be put before PATH. */
  readonly folder: string
  /** Fails the call of that number, from 1: `before` it did anything, or `after` it did everything. 0 for none; counting begins anew. */
  failAt(call: number, when?: 'before' | 'after'): void
  /** What was called since, by number from 1: the verb first. */
  calls(): string[]
  remove(): void
}

export function makeFailingGit(): FailingGit {
  const folder = mkdtempSync(join(tmpdir(), 'release-failing-git-'))
  const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim()
  const [log, at] = [join(folder, 'log'), join(folder, 'at')]
  mkdirSync(join(folder, 'bin'))
  // The settings come first, as `-c name=value`; the verb is the first word after them.
  writeFileSync(
    join(folder, 'bin/git'),
    `#!/bin/sh
verb=none; skip=0
for word in "$@"; do
  if [ $skip = 1 ]; then skip=0; elif [ "$word" = -c ]; then skip=1; else verb="$word"; break; fi
done
echo "$verb" >> "${log}"
read call when < "${at}"
if [ "$(wc -l < "${log}")" -eq "$call" ]; then
  [ "$when" = after ] && "${real}" "$@" > /dev/null 2>&1
  echo "made to fail" >&2
  exit 77
fi
exec "${real}" "$@"
`,
  )
  chmodSync(join(folder, 'bin/git'), 0o755)
  const failAt: FailingGit['failAt'] = (call, when = 'before') => {
    rmSync(log, { force: true })
    writeFileSync(at, `${call} ${when}\n`)
  }
  failAt(0)
  return {
    folder: join(folder, 'bin'),
    failAt,
    calls: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
