import { posix } from 'node:path'
import { findNodeAtLocation, parseTree } from 'jsonc-parser'
import type { Tree } from '../map/tree.ts'
import type { ReleaseConfig } from '../plan/config.ts'

/** What `npm init` writes where nobody wrote tests. */
const PLACEHOLDER = /^echo ".*no test specified/i

/** The program and arguments that run a project's tests, where that is known. */
export function testsCommand(tree: Tree, path: string, { tests }: Pick<ReleaseConfig, 'tests'>): string[] | null {
  if (tests === false) return null
  if (tests !== undefined) return tests
  const manifest = parseTree(tree.text(posix.join(path, 'package.json')) ?? '')
  const script = manifest && findNodeAtLocation(manifest, ['scripts', 'test'])
  return script?.type === 'string' && script.value !== '' && !PLACEHOLDER.test(String(script.value)) ? ['npm', 'test'] : null
}
