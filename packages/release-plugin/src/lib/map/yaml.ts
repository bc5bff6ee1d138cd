import { type Document, isMap, isScalar, parseDocument, type Scalar } from 'yaml'
import { SEMVER, type Spot } from './place.ts'

/** Chart.yaml: the app's version, and the chart's own where it goes along. */
export function inChart(text: string): Spot[] {
  const document = parsed(text)
  return ['version', 'appVersion'].flatMap((key) => {
    const at = inside(text, document?.getIn([key], true))
    return at === undefined ? [] : [{ label: key, role: 'version', isVague: key === 'version', start: at[0], end: at[1] } satisfies Spot]
  })
}

const TAG = new RegExp(String.raw`^(.+?):(?:v|\$\{[A-Za-z_]\w*:?-v?)?${SEMVER}\}?$`, 'd')

/**
 * A compose file: the tags of images that are built here or named like a package of ours, also as the default of a variable.
 * An image that is pinned to a digest is left alone, as its tag says nothing.
 */
export function inCompose(text: string): Spot[] {
  const document = parsed(text)
  const services = document?.get('services', true)
  if (!isMap(services)) return []
  return services.items.flatMap((pair): Spot[] => {
    if (!isScalar(pair.key) || !isMap(pair.value)) return []
    const at = inside(text, pair.value.get('image', true))
    const match = at === undefined ? null : TAG.exec(text.slice(at[0], at[1]))
    const tag = match?.indices?.[2]
    if (at === undefined || match === null || tag === undefined) return []
    const image = match[1] ?? ''
    const label = `services.${String(pair.key.value)}.image`
    const of = pair.value.has('build') ? {} : { name: image.slice(image.lastIndexOf('/') + 1) }
    return [{ label, role: 'pin', ...of, start: at[0] + tag[0], end: at[0] + tag[1] }]
  })
}

/** What pnpm-workspace.yaml names as packages. */
export function pnpmPackages(text: string): string[] {
  const packages: unknown = parsed(text)?.toJS({ maxAliasCount: 0 })?.packages
  return Array.isArray(packages) ? packages.filter((one) => typeof one === 'string') : []
}

/** The name that a chart gives itself. */
export function chartName(text: string): string | undefined {
  const name = parsed(text)?.get('name')
  return typeof name === 'string' ? name : undefined
}

/** Undefined where the text is no YAML. */
function parsed(text: string): Document.Parsed | undefined {
  const document = parseDocument(text, { logLevel: 'silent', uniqueKeys: false })
  return document.errors.length > 0 ? undefined : document
}

/** Between the quotes, where there are some. An alias says its version elsewhere. */
function inside(text: string, node: unknown): [start: number, end: number] | undefined {
  if (!isScalar(node) || (node as Scalar).range == null) return undefined
  const [from = 0, to = 0] = node.range ?? []
  const isQuoted = /^["']/.test(text.slice(from, from + 1))
  return isQuoted ? [from + 1, to - 1] : [from, to]
}
