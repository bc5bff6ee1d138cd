import type { ComposeFile } from '../../model/compose.ts'
import type { Spot } from '../../model/source.ts'
import { plainOf, type Tree } from '../../model/yaml-tree.ts'
import { schemaMistakes } from '../compose-schema.ts'
import { type Found, problemRule, type Rule } from '../rule.ts'

const syntax = problemRule({
  id: 'compose.syntax',
  part: 'compose',
  severity: 'critical',
  title: 'Each Compose file is YAML with every key once',
  why: 'Compose refuses the file, or takes one of two values without a word.',
  mend: 'mend the YAML at this place',
})

const schema: Rule = {
  id: 'compose.schema',
  part: 'compose',
  severity: 'critical',
  title: 'Each Compose file fits the schema of the Compose specification',
  why: 'Compose refuses a key that it does not know and a value of the wrong kind.',
  mend: 'look the key up at https://docs.docker.com/reference/compose-file/',
  *look({ projects }) {
    for (const { files } of projects) for (const file of files) yield* misfits(file)
  },
}

function* misfits({ tree, source }: ComposeFile): Generator<Found> {
  if (tree === undefined) return
  for (const { path, isKey, note } of schemaMistakes(plainOf(tree)) ?? []) {
    const { spot, hasVariable } = placeIn(tree, path, isKey)
    // What a variable will stand for, only the engine's machine knows.
    if (!hasVariable) yield { spot: spot ?? source.spot(0), note: path.length === 0 ? `the file ${note}` : `${path.join('.')} ${note}` }
  }
}

/** The value at a path, or the key that leads to it; the closest one around it where it is not there. */
function placeIn(root: Tree, path: readonly string[], isKey: boolean): { spot: Spot; hasVariable: boolean } {
  let tree = root
  let spot = root.spot
  for (const [index, part] of path.entries()) {
    const entry = tree.kind === 'map' ? tree.entries.get(part) : undefined
    const next = entry?.value ?? (tree.kind === 'list' ? tree.items[Number(part)] : undefined)
    if (next === undefined) break
    const isLast = index === path.length - 1
    spot = entry !== undefined && (isKey || next.kind !== 'scalar') && isLast ? entry.keySpot : next.spot
    tree = next
  }
  return { spot, hasVariable: !isKey && tree.kind === 'scalar' && tree.hasHole === true }
}

const obsolete: Rule = {
  id: 'compose.version-obsolete',
  part: 'compose',
  severity: 'info',
  title: 'No Compose file says which version of the format it is in',
  why: 'Compose warns about it at each start, and takes no notice of it.',
  mend: 'take the line out',
  fix: 'takes the line out',
  *look({ projects }) {
    for (const { files } of projects) {
      for (const { tree, source } of files) {
        const entry = tree?.kind === 'map' ? tree.entries.get('version') : undefined
        if (entry === undefined || entry.value.kind !== 'scalar') continue
        const start = source.text.lastIndexOf('\n', entry.keySpot.start) + 1
        const newline = source.text.indexOf('\n', entry.value.spot.end)
        let end = newline === -1 ? source.text.length : newline + 1
        // The empty line after it goes too where it was the first.
        if (start === 0 && /^\r?\n/.test(source.text.slice(end))) end = source.text.indexOf('\n', end) + 1
        const isAlone = /^version\s*:[^{},]*$/.test(source.text.slice(start, end).trim())
        yield {
          spot: entry.keySpot,
          note: 'the key "version" is obsolete',
          ...(isAlone && { edits: [{ spot: source.spot(start, end), text: '' }] }),
        }
      }
    }
  },
}

const interpolation = problemRule({
  id: 'compose.interpolation',
  part: 'compose',
  severity: 'critical',
  title: 'Every $ in a Compose file begins a variable or is doubled',
  why: 'Compose refuses the file: "invalid interpolation format".',
  mend: 'write ${NAME}, ${NAME:-default} or ${NAME:?message}, and $$ for a dollar sign',
})

const fileMissing = problemRule({
  id: 'compose.file-missing',
  part: 'compose',
  severity: 'critical',
  title: 'Every file that a Compose file includes or extends is there',
  why: 'Compose refuses to start without it.',
  mend: 'add the file, or mend its path, which counts from the file that names it',
})

const extending = problemRule({
  id: 'compose.extends',
  part: 'compose',
  severity: 'critical',
  title: 'What a service extends is there, and nothing extends or includes itself',
  why: 'Compose refuses to start.',
  mend: 'name a service that is there, and break the circle',
})

export const composeFileRules: readonly Rule[] = [syntax, schema, interpolation, fileMissing, extending, obsolete]
