// npm run fit: learns what each sign says for taking a request apart, from labelled requests, and writes packages/router/src/lib/compound/seam-weights.ts.
import { writeFileSync } from 'node:fs'
import type { LabelledRequest } from '@switchyard/plugin-kit'
import { type Decided, decide, parseRouter } from '@switchyard/router'
import { learnRouter } from '@switchyard/yard'
import { type Seam, termsOf } from '../../packages/router/src/lib/compound/boundary.ts'
import { SEAM_WEIGHTS } from '../../packages/router/src/lib/compound/seam-weights.ts'
import { fitLogistic, type Observation } from '../../packages/router/src/lib/logistic.ts'
import { HASH_BYTES } from '../../packages/yard/src/lib/router-knowledge.ts'
import { FOLDS, facts, foldOf, plugins, sets } from './workspace.ts'

const TARGET = new URL('../../packages/router/src/lib/compound/seam-weights.ts', import.meta.url)
/** Of all ways to take a request apart at most so many are tried. */
const MAX_WAYS = 200
/** What is right depends on the weights where several ways lead to the right commands: after so many rounds they agree. */
const ROUNDS = 4
/** Weights are pulled to nought as if that had been seen so often. */
const PULL = 1
/** Sooner or later than any weights would. */
const CERTAIN = 99

type Sign = keyof typeof SEAM_WEIGHTS
const SIGNS = Object.keys(SEAM_WEIGHTS) as Sign[]

interface Weighed {
  readonly terms: Readonly<Record<Sign, number>>
  readonly isApart: boolean
}

/** One way to take a request apart. */
interface Way {
  readonly seams: readonly Weighed[]
  readonly decided: Decided
}

const model = parseRouter(learnRouter(plugins).subarray(HASH_BYTES))

/** What comes of a request where its seams are cut as told, and those beyond not at all. */
function wayOf(text: string, cuts: readonly boolean[]): Way {
  const seams: Weighed[] = []
  const weigh = (seam: Seam): number => {
    const isApart = cuts[seams.length] ?? false
    seams.push({ terms: termsOf(seam), isApart })
    return isApart ? CERTAIN : -CERTAIN
  }
  return { seams, decided: decide(model, text, { facts, nowMs: 0, weigh }) }
}

/** All ways to take a request apart, those with few parts first. */
function* waysOf(text: string): Generator<Way> {
  const open: boolean[][] = [[]]
  for (let tried = 0; open.length > 0 && tried < MAX_WAYS; tried++) {
    const cuts = open.shift()!
    const way = wayOf(text, cuts)
    for (let at = cuts.length; at < way.seams.length; at++) open.push([...way.seams.slice(0, at).map(({ isApart }) => isApart), true])
    yield way
  }
}

const partsOf = ({ command, parts }: LabelledRequest): NonNullable<LabelledRequest['parts']> =>
  parts ?? (command === undefined || command === null ? [] : [{ command }])

/** How much of what is wanted a way comes to: 1 where it is all. */
function rightOf({ decided, seams }: Way, request: LabelledRequest): number {
  const wanted = partsOf(request)
  const { parts } = decided
  if (request.parts === undefined) return parts.length <= 1 && seams.every(({ isApart }) => !isApart) ? 1 : 0
  if (parts.length !== wanted.length) return 0
  const right = wanted.filter(({ command }, i) => command === parts[i]!.command).length
  const isWhole = right === wanted.length && wanted.every(({ conditional }, i) => (conditional === true) === (parts[i]!.when !== undefined))
  return isWhole ? 1 : right / (wanted.length + 1)
}

type Weights = Readonly<Record<Sign, number>>

/** How likely these weights make a way, as a logarithm. */
const likelihoodOf = ({ seams }: Way, weights: Weights): number =>
  seams.reduce((sum, seam) => sum - Math.log1p(Math.exp(seam.isApart ? -oddsOf(seam, weights) : oddsOf(seam, weights))), 0)

const requests = [...sets.values()].flat().filter((request) => partsOf(request).length > 0)
/** Of each request the ways that come nearest to what is wanted, with at least one command that is. */
const near = requests.flatMap((request) => {
  const rated = [...waysOf(request.text)].map((way) => ({ way, right: rightOf(way, request) }))
  const most = Math.max(...rated.map(({ right }) => right))
  const ways = rated.filter(({ right }) => right === most && right > 0).map(({ way }) => way)
  return ways.length === 0 ? [] : [{ request, ways, isReached: most === 1 }]
})

/** Of several ways the one that weights make likeliest; the one with the fewest parts where there are no weights yet. */
const likeliest = (ways: readonly Way[], weights: Weights | undefined): Way =>
  weights === undefined ? ways[0]! : ways.reduce((a, b) => (likelihoodOf(b, weights) > likelihoodOf(a, weights) ? b : a))

const observationsOf = (weights: Weights | undefined, fold?: number): readonly Observation[] =>
  near
    .filter(({ request }) => fold === undefined || foldOf(request.text) !== fold)
    .flatMap(({ ways }) => likeliest(ways, weights).seams)
    .map(({ terms, isApart }) => ({ signals: SIGNS.map((sign) => terms[sign]), happened: isApart, weight: 1 }))

const NOUGHT = SIGNS.map(() => 0)

/** Weights learned from all folds but one: what is right is chosen by the weights of the round before. */
function learn(fold?: number): Weights {
  let weights: Weights | undefined
  for (let round = 0; round < ROUNDS; round++) {
    const values = fitLogistic(observationsOf(weights, fold), NOUGHT, PULL)
    weights = Object.fromEntries(SIGNS.map((sign, i) => [sign, values[i]!])) as Weights
  }
  return weights!
}

const oddsOf = ({ terms }: Weighed, weights: Weights): number => SIGNS.reduce((sum, sign) => sum + weights[sign] * terms[sign], 0)

const weights = learn()
let seen = 0
let right = 0
for (let fold = 0; fold < FOLDS; fold++) {
  const own = learn(fold)
  const leftOut = near.filter(({ request }) => foldOf(request.text) === fold).flatMap(({ ways }) => likeliest(ways, weights).seams)
  seen += leftOut.length
  right += leftOut.filter((seam) => oddsOf(seam, own) > 0 === seam.isApart).length
}
const share = Math.round((100 * right) / seen)
const lost = near.filter(({ isReached }) => !isReached).length
console.log(`${requests.length} requests, of ${lost} no way is right; ${seen} seams, of those left out ${share} in 100 right`)

writeFileSync(
  TARGET,
  `/**
 * What each sign says for taking a request apart, in log-odds; what the signs are stands where they are looked for. Made by \`npm run fit\` from
 * ${seen} seams of ${requests.length} labelled requests, by logistic regression: right about ${share} in 100 of those left out.
 */
export const SEAM_WEIGHTS = {
${SIGNS.map((sign) => `  ${sign}: ${Math.round(weights[sign] * 100) / 100},`).join('\n')}
}
`,
)
