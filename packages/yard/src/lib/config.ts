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
  logLevel: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('warn')
    .describe('The least level of what is logged that is shown beside an answer'),
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
  prices: z
    .record(z.string().min(1).max(100), z.number().min(0).max(1_000))
    .default({})
    .describe(
      'What a minute of a model costs here, in US dollars, such as { "opus": 0.02 }; where it is not, the dated table of Switchyard counts',
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
        .describe('The part of all runs whose trace is kept, from 0 to 1; of the others what fails or takes a second or longer'),
      keepDays: z.int().min(1).max(3_650).default(14).describe('How long traces are kept, in days'),
      maxMegabytes: z.int().min(1).max(100_000).default(256).describe('How much of traces is kept, in MiB; beyond it the oldest go'),
    })
    .prefault({})
    .describe('What happened and why: the file .switchyard/trace.db'),
  logs: z
    .strictObject({
      level: z
        .enum(['debug', 'info', 'warn', 'error', 'silent'])
        .default('info')
        .describe('The least level that is kept; "switchyard logs level debug" changes it while processes run'),
      maxBytes: z
        .int()
        .min(4_096)
        .max(1_073_741_824)
        .default(8_388_608)
        .describe('A file that would become larger than so many bytes is put aside'),
      generations: z.int().min(1).max(1_000).default(5).describe('How many files that were put aside are kept'),
    })
    .prefault({})
    .describe('The log, as JSON lines: the folder .switchyard/logs'),
  metrics: z
    .strictObject({
      port: z
        .int()
        .min(1)
        .max(65_535)
        .optional()
        .describe('Where a process that stays answers Prometheus at /metrics, on this machine only. Off unless it is here'),
    })
    .prefault({})
    .describe('What is counted; "switchyard metrics" shows it'),
  alerts: z
    .strictObject({
      rules: z
        .record(
          z.string().min(1),
          z.strictObject({
            off: z.boolean().optional().describe('Whether the rule is not wanted'),
            above: z.number().min(0).optional().describe('It fires above this'),
            below: z.number().min(0).optional().describe('It is over at or below this; moves along with "above"'),
            forSeconds: z.number().min(0).max(86_400).optional().describe('How long it must have been above'),
            clearForSeconds: z.number().min(0).max(86_400).optional().describe('How long it must have been below'),
            severity: z.enum(['info', 'warning', 'critical']).optional(),
          }),
        )
        .default({})
        .describe('Rules by their id ("high-error-rate") that this workspace wants otherwise; "switchyard alerts rules" lists them'),
      budgetUsdPerDay: z.number().positive().optional().describe('What 24 hours may cost before an alert says so'),
      repeatHours: z.number().min(0.1).max(168).default(4).describe('After how many hours what goes on is told again'),
      command: z
        .strictObject({
          name: z.string().min(1).describe('The full id of a command, such as "ops.issue.create"'),
          input: z
            .record(z.string(), z.unknown())
            .default({})
            .describe('Its input; {line}, {says}, {rule}, {subject}, {severity}, {news} and {runbook} are filled in'),
        })
        .optional()
        .describe('A command that is run, without asking, for each alert'),
      webhookVariable: z
        .string()
        .regex(/^[A-Z_][A-Z0-9_]*$/, 'must be the name of an environment variable')
        .optional()
        .describe('The environment variable that holds the address which alerts are posted to. Off unless it is here'),
    })
    .prefault({})
    .describe('What rings, when, and where'),
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
