/*
 * The worked examples R1 to R16 of routing, discovery and budgets, by way of a yard as people open it: what they print of points and sums
 * that do not add up is not repeated here, what they mean is. R17 to R19, which are about real commands, are in packages/cli.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { definePlugin, type Plugin } from '@switchyard/plugin-kit'
import { readSource } from '@switchyard/registry'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defaultConfig } from './config.ts'
import { openYard } from './open-yard.ts'
import type { Yard } from './yard.ts'

const about = (name: string, domains: readonly string[], contexts: readonly string[], patterns: readonly string[]): Plugin =>
  definePlugin({
    name,
    version: '1.0.0',
    summary: `About ${domains.join(' and ')}`,
    capabilities: { domains, contexts, patterns },
    commands: {},
  })

const PLUGINS = [
  about('jira-orchestrator', ['orchestration'], [], ['rest-api']),
  about('ahling', ['devops', 'infrastructure'], ['docker', 'kubernetes'], ['deployment']),
  about('lobbi', ['authentication'], ['keycloak'], ['jwt-auth', 'oauth-flow']),
  about('fastapi-backend', ['backend', 'api', 'database'], ['python', 'fastapi', 'mongodb'], ['rest-api']),
  about('frontend-powerhouse', ['frontend', 'ui'], ['react', 'jsx', 'a11y'], ['component-generation']),
  about('devsecops', ['security'], [], []),
  about('codebase', ['codebase'], [], []),
  about('visual', ['visual'], [], []),
  about('knowledge', ['documentation'], [], []),
]

const AGENTS = {
  'front/agents/react-component-specialist.md':
    'name: react-component-specialist\ndescription: Builds React components for the frontend\nmodel: sonnet',
  'front/agents/accessibility-auditor.md':
    'name: accessibility-auditor\ndescription: Audits user interfaces and components for accessibility\nmodel: opus',
  'front/agents/chakra-component-generator.md':
    'name: chakra-component-generator\ndescription: Generates Chakra components for React\nmodel: haiku',
  'front/agents/code-reviewer.md': 'name: code-reviewer\ndescription: Reviews code for mistakes, that of React among it\nmodel: sonnet',
  'back/agents/api-builder.md': 'name: api-builder\ndescription: Builds FastAPI endpoints of a backend API in Python\nmodel: opus',
  'lead/agents/agent-router.md': 'name: agent-router\ndescription: Leads others\ncategory: orchestration\nmodel: sonnet',
}

const R1 = 'Build a FastAPI endpoint with MongoDB and Keycloak auth'
const R5 = 'Build a FastAPI endpoint with MongoDB, Keycloak auth, and deploy to K8s'
const R8 = 'React component with accessibility'
const R11 = 'Build full-stack app with FastAPI + React'

let dir: string
let yard: Yard
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-examples-'))
  for (const [path, text] of Object.entries(AGENTS)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(join(dir, path), `---\n${text}\n---\n`)
  }
  yard = await openYard(dir, { plugins: PLUGINS, memory: true })
  yard.registry().addFolder({ id: 'market', kind: 'folder', location: dir, folder: dir }, readSource(dir))
})
afterAll(async () => {
  await yard.close()
  rmSync(dir, { recursive: true })
})

const explain = (request: string) => yard.routing.explain(yard.decide(request)).explanation
const sorted = (words: readonly string[]): readonly string[] => [...words].sort()

describe('routing', () => {
  it('[R1] reads what is said and what it implies', () => {
    const { domains, contexts, patterns, complexity, urgency } = explain(R1).classification
    expect(sorted(domains)).toEqual(['api', 'authentication', 'backend', 'database'])
    expect(sorted(contexts)).toEqual(['fastapi', 'keycloak', 'mongodb', 'python'])
    expect(sorted(patterns)).toEqual(['jwt-auth', 'rest-api'])
    expect({ complexity, urgency }).toEqual({ complexity: 'moderate', urgency: 5 })
  })

  it('[R2] ranks by points that add up', () => {
    const { plugins } = explain(R1)
    expect(plugins.map(({ name, raw }) => [name, raw])).toEqual([
      ['fastapi-backend', 165],
      ['lobbi', 65],
      ['jira-orchestrator', 15],
    ])
    for (const { raw, matched } of plugins) expect(matched.reduce((sum, { points }) => sum + points, 0)).toBe(raw)
  })

  it('[R3] lets one build and another secure what it built', () => {
    const plan = explain(R1).collaboration!
    expect(plan).toMatchObject({
      primary: 'fastapi-backend',
      fallbacks: ['lobbi', 'jira-orchestrator'],
      strategy: 'sequential',
      uncovered: [],
    })
    expect(plan.phases.map(({ plugin, after }) => [plugin, after])).toEqual([
      ['fastapi-backend', []],
      ['lobbi', [0]],
    ])
  })

  it('[R4] stays the same under a budget and a time that it fits, and within both', () => {
    const { primary, strategy, costUsd, minutes, pricesOf } = explain(R1).collaboration!
    expect(pricesOf).toMatch(/^\d{4}-\d\d-\d\d$/)
    expect({ primary, strategy }).toEqual({ primary: 'fastapi-backend', strategy: 'sequential' })
    expect(costUsd).toBeLessThanOrEqual(0.5)
    expect(minutes).toBeLessThanOrEqual(60)
    const free = yard.team(R1)!
    const { fit, ...bound } = yard.team(R1, { budgetUsd: 0.5, maxMinutes: 60 })!
    expect(bound).toEqual(free)
    expect(fit).toEqual({ isFeasible: true, savings: [] })
  })

  it('[R5] calls five domains and a deployment complex', () => {
    const { domains, contexts, patterns, complexity } = explain(R5).classification
    expect(sorted(domains)).toEqual(['api', 'authentication', 'backend', 'database', 'devops'])
    expect(contexts).toContain('kubernetes')
    expect(sorted(patterns)).toEqual(['deployment', 'jwt-auth', 'rest-api'])
    expect(complexity).toBe('complex')
  })

  it('[R6] keeps the order of who fits best', () => {
    const [first, second, third] = explain(R5).plugins
    expect([first, second, third].map((one) => one?.name)).toEqual(['fastapi-backend', 'ahling', 'lobbi'].sort((a, b) => raw(b) - raw(a)))
    expect(first?.name).toBe('fastapi-backend')

    function raw(name: string): number {
      return explain(R5).plugins.find((one) => one.name === name)!.score
    }
  })

  it('[R7] has three phases one after the other, whose sums add up', () => {
    const plan = explain(R5).collaboration!
    expect(plan.phases.map(({ plugin, after }) => [plugin, after])).toEqual([
      ['fastapi-backend', []],
      ['lobbi', [0]],
      ['ahling', [0, 1]],
    ])
    expect(plan.strategy).toBe('sequential')
    expect(plan.minutes).toBe(plan.phases.reduce((sum, { minutes }) => sum + minutes, 0))
    expect(plan.costUsd).toBeCloseTo(
      plan.phases.reduce((sum, { costUsd }) => sum + costUsd, 0),
      6,
    )
  })

  it('[R8] knows the interface from the front end behind it', () => {
    const { domains, contexts, patterns, complexity } = explain(R8).classification
    expect(sorted(domains)).toEqual(['frontend', 'ui'])
    expect(sorted(contexts)).toEqual(['a11y', 'jsx', 'react'])
    expect({ patterns, complexity }).toEqual({ patterns: ['component-generation'], complexity: 'moderate' })
  })

  it('[R14] chooses a model by complexity', () => {
    const modelOf = (request: string): readonly [string, string | undefined] => {
      const { classification, collaboration } = explain(request)
      return [classification.complexity, collaboration?.phases[0]?.model]
    }
    expect(modelOf('add a mongodb index')).toEqual(['simple', 'haiku'])
    expect(modelOf(R1)).toEqual(['moderate', 'sonnet'])
    expect(modelOf(R5)).toEqual(['complex', 'opus'])
  })

  it.each([
    ['run a security scan', 'devsecops'],
    ['compliance audit', 'devsecops'],
    ['pay down the tech debt', 'codebase'],
    ['architecture review', 'codebase'],
    ['figma convert', 'visual'],
    ['design to code', 'visual'],
    ['create api', 'fastapi-backend'],
    ['graphql query', 'fastapi-backend'],
    ['find documentation', 'knowledge'],
    ['create ADR', 'knowledge'],
  ])('[R15] takes "%s" for %s', (request, plugin) => {
    expect(explain(request).collaboration?.primary).toBe(plugin)
  })

  it('[R16] takes what is complex apart, gives what is simple to one, and has no generalist for the front end', async () => {
    expect(explain(R5).collaboration!.phases.length).toBeGreaterThan(1)
    expect(explain('add a mongodb index').collaboration).toMatchObject({ strategy: 'single', phases: [{ plugin: 'fastapi-backend' }] })
    const others = PLUGINS.filter(({ name }) => name !== 'frontend-powerhouse')
    await using without = await openYard(dir, { plugins: others, memory: true })
    const alone = without.routing.explain(without.decide('style the frontend')).explanation
    expect(alone.collaboration).toBeUndefined()
    const beside = without.routing.explain(without.decide(`${R1}, and a react component for it`)).explanation
    expect(beside.collaboration?.uncovered).toContain('frontend')
  })
})

describe('discovery', () => {
  it('[R9] finds the agents in the order of how well they fit', () => {
    const wants = { domains: ['frontend', 'ui'], contexts: ['react', 'a11y'] }
    const found = yard.registry().search({ text: 'component accessibility', wants, kinds: ['agent'] })
    const names = found.map(({ entry }) => entry.name)
    expect(names.slice(0, 3).sort()).toEqual(['accessibility-auditor', 'chakra-component-generator', 'react-component-specialist'])
    expect(names).not.toContain('api-builder')
    for (const { points, reasons, score, available, success } of found) {
      expect(reasons.reduce((sum, one) => sum + one.points, 0)).toBeCloseTo(points, 6)
      expect(score).toBeCloseTo(points * available * success, 6)
    }
  })

  it('[R10] proposes a team: one who leads, each specialist once, and sums that add up', () => {
    const team = yard.team(R8)!
    expect(team.coordinator.id).toBe('lead::agent-router')
    const names = team.specialists.map(({ name }) => name)
    expect(names).toEqual(['react-component-specialist', 'accessibility-auditor'])
    expect(new Set(names).size).toBe(names.length)
    const members = [team.coordinator, ...team.specialists]
    expect(team.costUsd).toBeCloseTo(
      members.reduce((sum, { costUsd }) => sum + costUsd, 0),
      6,
    )
    expect(team.minutes).toBe(team.coordinator.minutes + Math.max(...team.specialists.map(({ minutes }) => minutes)))
    expect(team.success).toBeCloseTo(
      team.specialists.reduce((product, { success }) => product * success, 1),
      3,
    )
  })
})

describe('budgets', () => {
  it('[R11] says what a full stack costs', () => {
    const team = yard.team(R11)!
    expect(team.task.complexity).toBe('complex')
    expect(team.specialists.map(({ name }) => name)).toEqual(expect.arrayContaining(['api-builder', 'react-component-specialist']))
    expect(team.costUsd).toBeGreaterThan(0.2)
  })

  it('[R12] prices each by its minutes and its model', () => {
    const perMinute: Readonly<Record<string, number>> = { haiku: 0.001, sonnet: 0.005, opus: 0.01 }
    const { coordinator, specialists } = yard.team(R11)!
    for (const { costUsd, minutes, model } of [coordinator, ...specialists]) expect(costUsd).toBeCloseTo(minutes * perMinute[model]!, 4)
  })

  it('[R13] gets under the budget with as little changed as will do, and says what each change saves', () => {
    const free = yard.team(R11)!
    const bound = yard.team(R11, { budgetUsd: free.costUsd * 0.6 })!
    expect(bound.costUsd).toBeLessThanOrEqual(free.costUsd * 0.6)
    expect(bound.minutes).toBe(free.minutes)
    expect(bound.specialists.map(({ id }) => id)).toEqual(free.specialists.map(({ id }) => id))
    expect(bound.fit?.isFeasible).toBe(true)
    const saved = bound.fit!.savings.reduce((sum, { savesUsd }) => sum + savesUsd, 0)
    expect(bound.costUsd).toBeCloseTo(free.costUsd - saved, 4)
    const [last, ...before] = [...bound.fit!.savings].reverse()
    expect(
      free.costUsd - before.reduce((sum, { savesUsd }) => sum + savesUsd, 0),
      `without ${last?.agent} it was too dear`,
    ).toBeGreaterThan(free.costUsd * 0.6)
    // Where nothing helps, that is said, with the cheapest there is.
    const poor = yard.team(R11, { budgetUsd: 0.000_1 })!
    expect(poor.fit?.isFeasible).toBe(false)
    expect(poor.specialists.every(({ model }) => model === 'haiku')).toBe(true)
    expect(yard.team(R11, { maxMinutes: 1 })?.fit?.isFeasible).toBe(false)
  })

  it('[R13] counts with the prices of the workspace', async () => {
    await using dear = await openYard(dir, { plugins: [], memory: true, config: { ...defaultConfig(), prices: { sonnet: 0.05 } } })
    dear.registry().addFolder({ id: 'market', kind: 'folder', location: dir, folder: dir }, readSource(dir))
    expect(dear.team(R8)!.coordinator.costUsd).toBeCloseTo(yard.team(R8)!.coordinator.costUsd * 10, 4)
  })
})
