import { z } from 'zod'
import { guardSettings } from './config-guard.ts'

/** The file's name in a workspace's root. */
export const CONFIG_FILE = 'switchyard.config.json'

/** Every key of `switchyard.config.json`; the descriptions are its documentation. */
export const configSchema = z.strictObject({
  $schema: z.string().optional().describe('The JSON schema that an editor checks this file with'),
  plugins: z
    .array(z.string().min(1))
    .default([])
    .describe('Plugins beside the built-in ones: package names, or paths that start with "./" and are relative to this file'),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('warn').describe('The least level that is written to the log'),
  approval: z
    .strictObject({
      write: z.enum(['run', 'ask', 'type']).default('ask').describe('How a command that changes something is started'),
      destroy: z.enum(['ask', 'type']).default('type').describe('How a command that removes something for good is started'),
    })
    .prefault({})
    .describe(
      'What a person has to do before a command runs (run: nothing, ask: say yes, type: type a name); what only reads runs at once',
    ),
  names: z
    .record(z.string().min(1).max(60), z.array(z.string().min(1).max(200)).max(1_000))
    .default({})
    .describe(
      'What this workspace calls its things, a list for each argument, such as env, service or host. Requests in plain words may name them; where env is here, no other environment is read out of a request',
    ),
  model: z
    .strictObject({
      baseUrl: z
        .url({ protocol: /^https?$/ })
        .default('https://api.anthropic.com')
        .describe('Where the Anthropic Messages API is'),
      name: z.string().min(1).max(200).describe('The model that is asked'),
      keyVariable: z
        .string()
        .regex(/^[A-Z_][A-Z0-9_]*$/, 'must be the name of an environment variable')
        .describe('The environment variable that holds the API key; the key itself is written nowhere'),
      timeoutMs: z.int().min(100).max(120_000).default(10_000).describe('How long its answer is waited for, in milliseconds'),
    })
    .optional()
    .describe(
      'A model that is asked what a request means that the router is not sure of. Off unless it is here; what is asked is sent to that address',
    ),
  guard: z
    .record(z.string().min(1), guardSettings)
    .default({})
    .describe(
      'Time limits, breaker, retry and bulkhead by plugin ("ops") or command ("ops.health.scan"); they win over what the plugin says',
    ),
  trace: z
    .strictObject({
      sample: z
        .number()
        .min(0)
        .max(1)
        .default(1)
        .describe('The part of all runs whose trace is kept, from 0 to 1; of the others it is kept from their first failure on'),
      keepDays: z.int().min(1).max(3_650).default(14).describe('How long traces are kept, in days'),
      maxMegabytes: z.int().min(1).max(100_000).default(256).describe('How much of traces is kept, in MiB; beyond it the oldest go'),
    })
    .prefault({})
    .describe('What happened and why: the file .switchyard/trace.db'),
  otlp: z
    .strictObject({
      endpoint: z
        .url({ protocol: /^https?$/ })
        .describe('Where an OpenTelemetry collector takes OTLP over HTTP, such as http://127.0.0.1:4318'),
      headers: z
        .record(z.string().min(1).max(200), z.string().max(2_000))
        .default({})
        .describe('Sent along; what is secret belongs in a variable'),
      headersVariable: z
        .string()
        .regex(/^[A-Z_][A-Z0-9_]*$/, 'must be the name of an environment variable')
        .default('OTEL_EXPORTER_OTLP_HEADERS')
        .describe('The environment variable that holds more headers, as name=value,name=value'),
    })
    .optional()
    .describe('Sends traces, metrics and logs, without their secrets, to a collector. Off unless it is here'),
  store: z
    .strictObject({
      busyTimeoutMs: z
        .int()
        .min(0)
        .max(600_000)
        .default(10_000)
        .describe('How long a write waits for other processes, in milliseconds, before it fails with STORE_BUSY'),
    })
    .prefault({})
    .describe('The file .switchyard/yard.db'),
  bus: z
    .strictObject({
      maxMessageBytes: z
        .int()
        .min(1_024)
        .max(268_435_456)
        .default(1_048_576)
        .describe('The largest message that plugins can send one another, in bytes'),
    })
    .prefault({})
    .describe('The messages between plugins'),
})

/** A complete configuration. */
export type YardConfig = Readonly<Omit<z.output<typeof configSchema>, '$schema'>>

/** The value of every key where nobody says otherwise. */
export function defaultConfig(): YardConfig {
  return configSchema.parse({})
}

/** The JSON schema of `switchyard.config.json`, for editors. */
export function configJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(configSchema, { io: 'input' })
  return { $schema, title: CONFIG_FILE, allowComments: true, allowTrailingCommas: true, ...schema }
}
