import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { getNodeValue, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser'
import { CONFIG_FILE, type DeployConfig, deployConfig } from './config.ts'
import { type ConfigProblem, configInvalid, configMissing } from './errors.ts'

const MAX_BYTES = 1024 * 1024

/** The configuration of the project in `folder`. @throws DEPLOY_CONFIG_MISSING, DEPLOY_CONFIG_INVALID that names every mistake by line and column */
export async function readConfig(folder: string): Promise<DeployConfig> {
  const path = join(folder, CONFIG_FILE)
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile() !== true) throw configMissing(path)
  if (found.size > MAX_BYTES) throw configInvalid(path, [{ line: 1, column: 1, path: '', message: `must have at most ${MAX_BYTES} bytes` }])
  return parseConfig(await readFile(path, 'utf8'), path)
}

/** A configuration's text, checked; `path` names it in errors. @throws DEPLOY_CONFIG_INVALID */
export function parseConfig(text: string, path: string = CONFIG_FILE): DeployConfig {
  const positionOf = positionsIn(text)
  const errors: ParseError[] = []
  const tree = parseTree(text, errors, { allowTrailingComma: true })
  if (tree === undefined || errors.length > 0) {
    const problems = errors.map(({ error, offset }) => ({
      ...positionOf(offset),
      path: '',
      message: sentenceOf(printParseErrorCode(error)),
    }))
    throw configInvalid(path, problems.length > 0 ? problems : [{ line: 1, column: 1, path: '', message: 'must not be empty' }])
  }
  const problems: ConfigProblem[] = [...twiceIn(tree)].map(({ node, key }) => ({
    ...positionOf(node.offset),
    path: key,
    message: 'must be there only once',
  }))
  const checked = deployConfig.safeParse(getNodeValue(tree))
  if (checked.success && problems.length === 0) return checked.data
  for (const issue of checked.error?.issues ?? []) {
    for (const at of issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path]) {
      const message = issue.code === 'unrecognized_keys' ? 'is no setting there is' : issue.message
      problems.push({ ...positionOf(offsetOf(tree, at.map(keyOf))), path: at.join('.'), message })
    }
  }
  problems.sort((one, other) => one.line - other.line || one.column - other.column)
  throw configInvalid(path, problems)
}

const keyOf = (key: PropertyKey): string | number => (typeof key === 'symbol' ? String(key) : key)

/** Where the value at a path begins, or what is nearest to it: of a wrong key the key itself. */
function offsetOf(tree: Node, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = nodeAt(tree, path.slice(0, length))
    if (node === undefined) continue
    return length === path.length && node.parent?.type === 'property' ? node.parent.offset : node.offset
  }
  return tree.offset
}

/** The value at a path; of keys that are there twice the last one, which counts. */
function nodeAt(tree: Node, path: readonly (string | number)[]): Node | undefined {
  let node: Node | undefined = tree
  for (const key of path) {
    node =
      typeof key === 'number'
        ? node?.children?.[key]
        : node?.children?.findLast(({ children }) => children?.[0]?.value === key)?.children?.[1]
  }
  return node
}

function* twiceIn(node: Node, path = ''): Generator<{ node: Node; key: string }> {
  const seen = new Set<string>()
  for (const child of node.children ?? []) {
    const [keyNode] = child.type === 'property' ? (child.children ?? []) : []
    const key = keyNode === undefined ? path : [path, keyNode.value as string].filter(Boolean).join('.')
    if (keyNode !== undefined) {
      if (seen.has(keyNode.value as string)) yield { node: keyNode, key }
      seen.add(keyNode.value as string)
    }
    yield* twiceIn(child, key)
  }
}

function positionsIn(text: string): (offset: number) => { line: number; column: number } {
  return (offset) => {
    const before = text.slice(0, offset)
    return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') }
  }
}

/** `CommaExpected` as `comma expected`. */
const sentenceOf = (code: string): string => code.replace(/(?<!^)([A-Z])/g, ' $1').toLowerCase()
