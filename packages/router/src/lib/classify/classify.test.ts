import { describe, expect, it } from 'vitest'
import { type Assignment, fitBudget } from './budget.ts'
import { classify } from './classify.ts'
import { collaborate, longestWay } from './collaborate.ts'
import { matchPlugins, type PluginProfile } from './match.ts'

const FASTAPI: PluginProfile = {
  name: 'fastapi-backend',
  domains: ['backend', 'api', 'database'],
  contexts: ['python', 'fastapi', 'mongodb', 'postgres'],
  patterns: ['rest-api'],
  health: { status: 'up', latencyMs: 0, errorRate: 0.04 },
}
const LOBBI: PluginProfile = { name: 'lobbi', domains: ['authentication'], contexts: ['keycloak'], patterns: ['jwt-auth', 'oauth-flow'] }
const AHLING: PluginProfile = {
  name: 'ahling',
  domains: ['devops', 'infrastructure'],
  contexts: ['docker', 'kubernetes'],
  patterns: ['deployment'],
}
const JIRA: PluginProfile = { name: 'jira', domains: ['orchestration'], contexts: [], patterns: ['rest-api'], priority: 50 }
const ALL = [JIRA, AHLING, LOBBI, FASTAPI]

const R1 = 'Build a FastAPI endpoint with MongoDB and Keycloak auth'
const R5 = 'Build a FastAPI endpoint with MongoDB, Keycloak auth, and deploy to K8s'

describe('classify()', () => {
  it('[R1] reads what is said and what it implies, and nothing inside other words', () => {
    const { domains, contexts, patterns, ...rest } = classify({ text: R1 })
    expect([...domains].sort()).toEqual(['api', 'authentication', 'backend', 'database'])
    expect([...contexts].sort()).toEqual(['fastapi', 'keycloak', 'mongodb', 'python'])
    expect([...patterns].sort()).toEqual(['jwt-auth', 'rest-api'])
    expect(rest).toEqual({ complexity: 'moderate', urgency: 5, minutes: 30 })
  })

  it('[R5] calls five domains with a deployment complex', () => {
    const { domains, contexts, patterns, ...rest } = classify({ text: R5 })
    expect([...domains].sort()).toEqual(['api', 'authentication', 'backend', 'database', 'devops'])
    expect(contexts).toContain('kubernetes')
    expect([...patterns].sort()).toEqual(['deployment', 'jwt-auth', 'rest-api'])
    expect(rest).toEqual({ complexity: 'complex', urgency: 5, minutes: 45 })
  })

  it('[R8] knows the interface from the front end behind it', () => {
    const found = classify({ text: 'React component with accessibility' })
    expect([...found.domains].sort()).toEqual(['frontend', 'ui'])
    expect([...found.contexts].sort()).toEqual(['a11y', 'jsx', 'react'])
    expect(found).toMatchObject({ patterns: ['component-generation'], complexity: 'moderate' })
  })

  it('[R11] calls a full stack complex', () => {
    expect(classify({ text: 'Build full-stack app with FastAPI + React' })).toMatchObject({ complexity: 'complex' })
  })

  it('[R15] knows phrases', () => {
    for (const [text, domain] of [
      ['run a security scan', 'security'],
      ['compliance audit', 'security'],
      ['pay down tech debt', 'codebase'],
      ['architecture review', 'codebase'],
      ['figma convert', 'visual'],
      ['design to code', 'visual'],
      ['create api', 'api'],
      ['graphql query', 'api'],
      ['find documentation', 'documentation'],
      ['create ADR', 'documentation'],
    ] as const)
      expect(classify({ text }).domains, text).toContain(domain)
  })

  it('[R17] [R18] finds nothing where nothing is said', () => {
    for (const text of [
      'What is the weather',
      'Give feedback to the customer about the guide',
      'a rapid author was building a sandbox to restore',
    ])
      expect(classify({ text }).domains, text).toEqual([])
    expect(classify({ text: 'turn on the living room lights' }).domains).toEqual(['smart-home'])
  })

  it('[R19] reads short words', () => {
    expect([...classify({ text: 'Add JWT to API' }).domains].sort()).toEqual(['api', 'authentication'])
  })

  it('counts files and subtasks, and hears how urgent it is', () => {
    expect(classify({ text: 'fix it', files: ['src/components/a.tsx', 'src/components/b.css'] })).toMatchObject({ domains: ['frontend'] })
    expect(
      classify({
        text: 'tidy up',
        files: Array.from({ length: 11 }, (_, i) => `db/migrations/${i}.sql`),
        subtasks: ['a', 'b', 'c', 'd', 'e', 'f'],
      }),
    ).toMatchObject({ complexity: 'complex', domains: ['database'] })
    expect(['production is down', 'asap please', 'do it today', 'do it', 'no hurry'].map((text) => classify({ text }).urgency)).toEqual([
      10, 9, 7, 5, 3,
    ])
  })
})

describe('matchPlugins()', () => {
  it('[R2] shows 30, 20 and 15 points, and ranks by how much of the task is covered', () => {
    const found = matchPlugins(classify({ text: R1 }), ALL)
    expect(found.map(({ name, raw }) => [name, raw])).toEqual([
      ['fastapi-backend', 165],
      ['lobbi', 65],
      ['jira', 15],
    ])
    expect(found[0]!.score).toBeCloseTo((100 * 165 * 0.98) / 230, 6)
    expect(found[0]!.matched).toContainEqual({ type: 'domain', value: 'backend', points: 30 })
  })

  it('takes health into account without asking anybody', () => {
    const down = { ...FASTAPI, health: { status: 'down', latencyMs: 0, errorRate: 0 } } as const
    const degraded = { ...LOBBI, health: { status: 'degraded', latencyMs: 0, errorRate: 0 } } as const
    expect(matchPlugins(classify({ text: R1 }), [down, degraded]).map(({ name, availability }) => [name, availability])).toEqual([
      ['lobbi', 0.5],
    ])
  })

  it('[R17] has no candidate where nothing matches', () => {
    expect(matchPlugins(classify({ text: 'turn on the living room lights' }), ALL)).toEqual([])
    expect(collaborate(classify({ text: 'What is the weather' }), ALL)).toBeUndefined()
  })
})

describe('collaborate()', () => {
  it('[R3] lets one plugin build and another secure what it built', () => {
    const plan = collaborate(classify({ text: R1 }), ALL)!
    expect(plan).toMatchObject({ primary: 'fastapi-backend', fallbacks: ['lobbi', 'jira'], strategy: 'sequential', uncovered: [] })
    expect(plan.phases.map(({ plugin, after }) => [plugin, after])).toEqual([
      ['fastapi-backend', []],
      ['lobbi', [0]],
    ])
    expect(plan.costUsd).toBeCloseTo(plan.minutes * 0.005, 6)
  })

  it('[R7] has three phases, one a plugin, and sums that add up', () => {
    const plan = collaborate(classify({ text: R5 }), ALL)!
    expect(plan.phases.map(({ plugin, after }) => [plugin, after])).toEqual([
      ['fastapi-backend', []],
      ['lobbi', [0]],
      ['ahling', [0, 1]],
    ])
    expect(plan.minutes).toBe(plan.phases.reduce((sum, { minutes }) => sum + minutes, 0))
    expect(plan.phases.every(({ model }) => model === 'opus')).toBe(true)
  })

  it('names what nobody covers, and does not collaborate where one covers all', () => {
    expect(collaborate(classify({ text: R5 }), [FASTAPI])).toMatchObject({
      strategy: 'single',
      uncovered: expect.arrayContaining(['authentication', 'devops']),
    })
    expect(collaborate(classify({ text: 'add a mongodb endpoint' }), ALL)!.phases).toHaveLength(1)
  })

  it('puts what does not build on one another side by side', () => {
    const docs: PluginProfile = { name: 'docs', domains: ['documentation'], contexts: [], patterns: [] }
    const front: PluginProfile = { name: 'front', domains: ['frontend', 'ui'], contexts: ['react'], patterns: [] }
    const plan = collaborate(classify({ text: 'an endpoint, a react component for it, and documentation' }), [docs, front, FASTAPI])!
    expect(plan.strategy).toBe('mixed')
    expect(plan.minutes).toBe(longestWay(plan.phases))
    expect(plan.minutes).toBeLessThan(plan.phases.reduce((sum, { minutes }) => sum + minutes, 0))
  })
})

/** [R12] */
const FULL_STACK: readonly Assignment[] = [
  { agent: 'architect', phase: 'backend', model: 'opus', minutes: 35, costUsd: 0.15, isCritical: true },
  { agent: 'api', phase: 'backend', model: 'sonnet', minutes: 30, costUsd: 0.1 },
  { agent: 'db', phase: 'backend', model: 'sonnet', minutes: 20, costUsd: 0.1 },
  { agent: 'front-architect', phase: 'frontend', model: 'opus', minutes: 30, costUsd: 0.15 },
  { agent: 'builder', phase: 'frontend', model: 'sonnet', minutes: 25, costUsd: 0.1 },
  { agent: 'state', phase: 'frontend', model: 'sonnet', minutes: 20, costUsd: 0.1 },
  { agent: 'tester', phase: 'integration', model: 'sonnet', minutes: 25, costUsd: 0.1 },
  { agent: 'docs', phase: 'integration', model: 'sonnet', minutes: 10, costUsd: 0.05, isCached: true },
]
const AFTER = { integration: ['backend', 'frontend'] }

describe('fitBudget()', () => {
  it('[R13] gets under the budget with the least loss, keeps what is critical, and its sums add up', () => {
    const fitted = fitBudget(FULL_STACK, AFTER, { budgetUsd: 0.5, maxMinutes: 60 })
    expect(fitted).toMatchObject({ isFeasible: true, minutes: 60 })
    expect(fitted.costUsd).toBeLessThanOrEqual(0.5)
    expect(fitted.assignments.find(({ agent }) => agent === 'architect')?.model).toBe('opus')
    expect(fitted.costUsd).toBeCloseTo(0.85 - fitted.savings.reduce((sum, { savesUsd }) => sum + savesUsd, 0), 6)
    expect(Object.values(fitted.byModel).reduce((sum, count) => sum + count, 0)).toBe(FULL_STACK.length)
  })

  it('changes nothing where all fits, and says what is cheapest where nothing does', () => {
    expect(fitBudget(FULL_STACK, AFTER, { budgetUsd: 1 })).toMatchObject({ savings: [], costUsd: 0.85, minutes: 90 })
    const poor = fitBudget(FULL_STACK, AFTER, { budgetUsd: 0.01 })
    expect(poor.isFeasible).toBe(false)
    expect(poor.assignments.every(({ model }) => model === 'haiku' || model === 'cached')).toBe(true)
    expect(fitBudget(FULL_STACK, AFTER, { maxMinutes: 30 })).toMatchObject({ isFeasible: false, minutes: 60 })
  })
})
