import { describe, expect, it } from 'vitest'
import { fillArguments } from '../arguments/fill.ts'
import { factsOf } from './command-facts.ts'
import { differenceIn, isDenied, sparedIn } from './denied.ts'

const text = { type: 'string' }
const deploying = factsOf({
  id: 'deploy.apply',
  summary: 'Deploy services to an environment',
  effect: 'write',
  input: {
    type: 'object',
    properties: {
      env: { ...text, enum: ['staging', 'production'] },
      service: { type: 'array', items: text },
      version: text,
      replicas: { type: 'integer' },
      backup: { type: 'boolean', default: true },
      title: text,
    },
  },
  output: {},
})
const names = { service: ['api', 'web', 'worker'], env: ['staging', 'production'] }
const argsOf = (request: string) =>
  fillArguments(request, deploying.fields, { nowMs: 0, names, ownWords: deploying.ownWords }).args as Parameters<typeof isDenied>[2]
const said = (request: string) => ({ text: request, start: 0 })

describe('sparedIn()', () => {
  it.each([
    ['deploy everything except the api to staging', 'api'],
    ['deploy to staging without the worker', 'worker'],
    ['deploy to staging, but do not touch the worker', 'worker'],
    ['deploy to staging, leaving web alone', 'web'],
    ['deploy web instead of api to staging', 'web instead of api'],
    ['deploy the api to staging but not 1.2.3', '1.2.3'],
  ])('finds who is left out in "%s"', (request, spared) => {
    expect(sparedIn(said(request), deploying, argsOf(request))).toBe(spared)
  })

  it.each(['deploy the api to staging', 'deploy 1.2.3 of web to staging without a backup'])('takes "%s" as it is said', (request) => {
    expect(sparedIn(said(request), deploying, argsOf(request))).toBeUndefined()
  })
})

describe('isDenied()', () => {
  const denied = (request: string): boolean => isDenied(said(request), deploying, argsOf(request), request)
  it.each([
    'no deploy to production today',
    'deploy to production? no',
    'deploy to production - not',
    'deploy to production, never mind',
    'deploy to staging? not today',
    'stop deploying to production',
    'stop the deployment to staging',
    'wait with the deploy to staging',
    'have you deployed the api to staging',
    'I deployed the api to staging',
    'deploy to staging failed',
    'deploy to staging hangs',
    'deploy nothing to staging',
    'deploy the rest to staging',
    'deploy the api and another one to staging',
    'deploy to staging, leave the worker alone',
    'deploy the api or the web to staging',
    'deploy to staging, pending tests',
  ])('asks about "%s"', (request) => expect(denied(request)).toBe(true))

  it.each([
    'deploy the api to staging',
    'please deploy the api to staging without a backup',
    'I merged the fix, deploy it to staging',
    'we need the api on staging, so deploy it',
    'deploy what failed yesterday',
    'deploy to staging with title "never mind the rest, or so"',
    'no worries, deploy to staging',
    'stop worrying and deploy to staging',
  ])('does not ask about "%s"', (request) => expect(denied(request)).toBe(false))
})

describe('differenceIn()', () => {
  it('is a figure that is no total', () => {
    const figure = (request: string) => differenceIn(said(request), deploying, argsOf(request))
    expect(figure('add 2 replicas to the api')).toBe('replicas')
    expect(figure('deploy the api with another 2 replicas')).toBe('replicas')
    expect(figure('deploy the api with 2 replicas')).toBeUndefined()
  })
})
