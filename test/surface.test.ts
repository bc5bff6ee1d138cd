import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

// What others build on, as literals. Red means: deliberate? Then change it here, in the docs, and in the version.

const DOORS: Readonly<Record<string, readonly string[]>> = {
  '@switchyard/bus': ['createBus', 'createDurableLog', 'createHubLink', 'createMemoryNetwork', 'createRecorder', 'createTopicTrie'],
  '@switchyard/bus/testing': ['linkContract'],
  '@switchyard/chain': [
    'chainReference',
    'createChains',
    'defineChain',
    'drawChain',
    'libraryNames',
    'libraryText',
    'mermaidOf',
    'parseChain',
  ],
  '@switchyard/cli': ['EXIT', 'builtInPlugins'],
  '@switchyard/contracts': [
    'MAX_TOPIC_LENGTH',
    'SwitchyardError',
    'asSwitchyardError',
    'fromWireError',
    'isSwitchyardError',
    'isTopic',
    'isTopicPattern',
    'systemClock',
    'toWireError',
  ],
  '@switchyard/contracts/testing': ['createFakeClock'],
  '@switchyard/contracts/manifest': ['assertManifest', 'checkManifest', 'parseUriTemplate'],
  '@switchyard/ops-plugin': ['default'],
  '@switchyard/ops-plugin/reference': ['checkReference'],
  '@switchyard/mcp': ['DIRECTOR_SOURCE', 'TOKEN_BUDGET', 'claimStdout', 'createMcpServer', 'createToolSet', 'estimateTokens'],
  '@switchyard/mcp/clients': ['CLIENT_NAMES', 'SCOPES', 'installServers', 'printServers', 'removeServers'],
  '@switchyard/plugin-kit': [
    'SwitchyardError',
    'chains',
    'command',
    'commandOf',
    'crdt',
    'definePlugin',
    'defineState',
    'defineTopic',
    'isSwitchyardError',
    'on',
  ],
  '@switchyard/release-plugin': ['default'],
  '@switchyard/resilience': ['createGuard', 'createTimerWheel', 'createWheelEntry', 'parseGuardOptions'],
  '@switchyard/router': [
    'MODEL_VERSION',
    'PRICES',
    'classify',
    'collaborate',
    'decide',
    'estimateOf',
    'evaluateDecisions',
    'evaluateRouter',
    'explain',
    'explainDecision',
    'factsOf',
    'fitBudget',
    'matchPlugins',
    'measureRouter',
    'parseLabelledSet',
    'parseRouter',
    'route',
    'serializeRouter',
    'stepName',
    'trainRouter',
    'withNames',
  ],
  '@switchyard/state': ['createState'],
  '@switchyard/state/testing': ['Replica', 'createStampClock'],
  '@switchyard/store': ['hostIdentity', 'openStore', 'processExists'],
  '@switchyard/testkit': [
    'assertFails',
    'assertFiles',
    'assertHeard',
    'assertSame',
    'createRandom',
    'createTestYard',
    'differences',
    'diskChanges',
    'pluginContract',
    'readDisk',
    'writeFiles',
  ],
  '@switchyard/yard': ['DATA_FOLDER', 'chainOf', 'configJsonSchema', 'defaultConfig', 'openYard', 'withApproval'],
  '@switchyard/yard/config': [
    'CONFIG_FILE',
    'closest',
    'configJsonSchema',
    'isSecretName',
    'loadConfig',
    'loadPlugins',
    'mustBe',
    'systemCode',
    'withoutSecrets',
  ],
  '@switchyard/yard/config-edit': ['commentedConfig', 'withPlugin'],
}

const ERROR_CODES: readonly string[] = [
  'ALREADY_THERE',
  'BACKPRESSURE',
  'BUS_CLOSED',
  'CANCELLED',
  'CHAINS_CLOSED',
  'CHAIN_ANSWER',
  'CHAIN_CANCELLED',
  'CHAIN_ENDED',
  'CHAIN_INPUT',
  'CHAIN_INVALID',
  'CHAIN_UNKNOWN',
  'CIRCUIT_OPEN',
  'CLIENT_CONFIG_BY_HAND',
  'CLIENT_CONFIG_CHANGED',
  'CLIENT_CONFIG_INVALID',
  'CLIENT_CONFIG_OUTSIDE',
  'CLIENT_CONFIG_TAKEN',
  'CLIENT_CONFIG_UNREADABLE',
  'CONFIG_INVALID',
  'CONFIG_UNREADABLE',
  'CONTRACT_BROKEN',
  'DEADLINE_EXCEEDED',
  'DUPLICATE_METHOD',
  'DUPLICATE_SUBSCRIPTION',
  'EXPIRED',
  'FORBIDDEN',
  'HANDLER_ERROR',
  'HUB_UNTRUSTED',
  'KIT_MISSING',
  'LINK_LOST',
  'MANIFEST_INVALID',
  'NEEDS_ANSWER',
  'NOTHING_TO_PLAN',
  'NOT_AS_EXPECTED',
  'NOT_FOUND',
  'NOT_HEARD',
  'NOT_RETRYABLE',
  'NOT_ROUTED',
  'NOT_UNDOABLE',
  'NOT_WAITING',
  'NOT_WRITABLE',
  'NO_QUORUM',
  'NO_RESPONDER',
  'OWNER_LOST',
  'PAYLOAD_TOO_LARGE',
  'PLAN_STALE',
  'PLAN_UNKNOWN',
  'PLAN_USED',
  'PLUGIN_DOWN',
  'PLUGIN_UNLOADABLE',
  'QUEUE_FULL',
  'REFUSED',
  'RESOURCE_LIMIT',
  'ROUTER_CANDIDATE_TWICE',
  'ROUTER_MODEL_INVALID',
  'ROUTER_SET_INVALID',
  'ROUTER_TOO_MANY',
  'SANDBOX_VIOLATION',
  'STATE_CLOSED',
  'STATE_DENIED',
  'STATE_HISTORY',
  'STATE_INVALID',
  'STATE_LOCKED',
  'STATE_LOCK_LOST',
  'STATE_NEWER',
  'STATE_UNKNOWN',
  'STEP_INPUT',
  'STEP_UNCERTAIN',
  'STORE_BUSY',
  'STORE_CLOSED',
  'STORE_DAMAGED',
  'STORE_FULL',
  'STORE_MIGRATION',
  'STORE_NEWER',
  'STORE_READONLY',
  'STORE_UNREACHABLE',
  'TIMEOUT',
  'TOO_MANY_ROUNDS',
  'UNKNOWN_COMMAND',
  'UNKNOWN_METHOD',
  'USAGE',
  'VALIDATION',
]

describe('the doors', () => {
  it('are these', () => {
    const found = globSync('packages/*/package.json').flatMap((path) => {
      const { name, exports } = JSON.parse(readFileSync(path, 'utf8')) as { name: string; exports: Record<string, unknown> }
      return Object.keys(exports).map((door) => name + door.slice(1))
    })
    expect(found.sort()).toEqual(Object.keys(DOORS).sort())
  })

  it.for(Object.entries(DOORS))('%s gives these names', async ([door, names]) => {
    const module: object = await import(/* @vite-ignore */ door)
    expect(Object.keys(module).sort()).toEqual(names)
  })
})

describe('the error codes', () => {
  it('are these', () => {
    const found = new Set<string>()
    for (const path of globSync('packages/*/src/**/*.ts')) {
      if (/\.test\.ts$|-plugin\/|fixtures|scaffold/.test(path)) continue
      const code = path.endsWith('errors.ts') ? /'([A-Z]{2,}(?:_[A-Z]+)+|[A-Z]{5,})'/g : /\bSwitchyardError\(\s*'([A-Z_]+)'/g
      for (const match of readFileSync(path, 'utf8').matchAll(code)) found.add(match[1]!)
    }
    expect([...found].sort()).toEqual(ERROR_CODES)
  })
})
