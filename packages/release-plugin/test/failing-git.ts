import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A `git` that stands before the real one in PATH, and in chosen work trees counts its calls and fails one of them. */
export interface FailingGit {
  /** To be put before PATH. */
  readonly folder: string
  /** Begins to count in that work tree; fails the call of that number, from 1: `before` it did anything, or `after` it did everything. 0 for none. */
  failAt(root: string, call: number, when: 'before' | 'after'): void
  /** Ends it, and tells what was called since, by number from 1: the verbs. */
  end(root: string): string[]
  remove(): void
}

export function makeFailingGit(): FailingGit {
  const folder = mkdtempSync(join(tmpdir(), 'release-failing-git-'))
  const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim()
  const [atOf, logOf] = [(root: string) => `${root}.git-fails`, (root: string) => `${root}.git-calls`]
  mkdirSync(join(folder, 'bin'))
  // The settings come first, as `-c name=value`; the verb is the first word after them.
  writeFileSync(
    join(folder, 'bin/git'),
    `#!/bin/sh
[ -e "$PWD.git-fails" ] || exec "${real}" "$@"
verb=none; skip=0
for word in "$@"; do
  if [ $skip = 1 ]; then skip=0; elif [ "$word" = -c ]; then skip=1; else verb="$word"; break; fi
done
echo "$verb" >> "$PWD.git-calls"
read call when < "$PWD.git-fails"
if [ "$(wc -l < "$PWD.git-calls")" -eq "$call" ]; then
  [ "$when" = after ] && "${real}" "$@" > /dev/null 2>&1
  echo "made to fail" >&2
  exit 77
fi
exec "${real}" "$@"
`,
  )
  chmodSync(join(folder, 'bin/git'), 0o755)
  return {
    folder: join(folder, 'bin'),
    failAt: (root, call, when) => writeFileSync(atOf(root), `${call} ${when}\n`),
    end(root) {
      rmSync(atOf(root))
      return existsSync(logOf(root)) ? readFileSync(logOf(root), 'utf8').trim().split('\n') : []
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
