import { command } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { FOCUSES, SEVERITIES } from './audit/rule.ts'
import { SERVICE_EXAMPLES } from './examples.ts'

const ASK_LIMIT_MS = 30_000

const audit = command({
  summary: 'Audit this host and its configuration: SSH, open ports, file modes, accounts, kernel, updates, containers',
  description:
    'Each finding has a rule, a severity, evidence and how to mend it. Nothing is changed and no network is used; a rule that cannot look ' +
    'says so. Cost is not covered here: it belongs to the cloud part of the deploy plugin.',
  examples: SERVICE_EXAMPLES.audit,
  effect: 'read',
  timeoutMs: 180_000,
  input: z.object({
    focus: z.enum(FOCUSES).optional().describe('Both where absent'),
    severity: z.enum(SEVERITIES).default('low').describe('The least severity that is listed'),
    root: z.string().min(1).default('/').describe('Folder of another system to look at, such as a mounted image'),
  }),
  output: z.object({
    status: z.enum(['pass', 'warn', 'fail']).describe('fail: something critical or high; warn: something less'),
    findings: z.array(
      z.object({
        rule: z.string(),
        focus: z.enum(FOCUSES),
        severity: z.enum(SEVERITIES),
        evidence: z.string(),
        file: z.string().optional(),
        line: z.int().optional(),
        mend: z.string(),
      }),
    ),
    passed: z.array(z.string()),
    unknown: z.array(z.object({ rule: z.string(), why: z.string() })),
    notCovered: z.array(z.string()),
    text: z.string(),
  }),
  async run({ focus, severity, root }, ctx) {
    const { resolve } = await import('node:path')
    const { audit: look } = await import('./audit/audit.ts')
    const { createHost } = await import('./audit/rule.ts')
    const { renderAudit } = await import('./audit/render.ts')
    const { createEngine, findEngineSocket } = await import('./engine.ts')
    const { readServices } = await import('./services-file.ts')
    const { withDeadline } = await import('./deadline.ts')
    const { runProgram } = await import('./program.ts')
    const isThisMachine = resolve(ctx.workspace, root) === '/'
    const { engine } = readServices(ctx.workspace)
    const socket = isThisMachine || engine !== undefined ? findEngineSocket(engine) : undefined
    const host = createHost({
      root: resolve(ctx.workspace, root),
      isThisMachine,
      workspace: ctx.workspace,
      engine: socket === undefined ? undefined : createEngine(socket),
      signal: ctx.signal,
      async ask(argv) {
        let told = ''
        const onStdout = (chunk: Buffer): void => {
          if (told.length < 4_000_000) told += chunk.toString('latin1')
        }
        const outcome = await withDeadline(ctx, ASK_LIMIT_MS, (signal) => runProgram(argv, { signal, onStdout }))
        return outcome.ended === 'in-time' && outcome.value.exit === 0 ? told : undefined
      },
    })
    const report = await look(host, focus, ctx.clock)
    const findings = report.findings.filter((one) => SEVERITIES.indexOf(one.severity) <= SEVERITIES.indexOf(severity))
    const isBad = report.findings.some((one) => one.severity === 'critical' || one.severity === 'high')
    const status = isBad ? ('fail' as const) : report.findings.length > 0 ? ('warn' as const) : ('pass' as const)
    const notCovered = ['cost: see the cloud part of the deploy plugin']
    return {
      status,
      findings,
      passed: [...report.passed],
      unknown: [...report.unknown],
      notCovered,
      text: renderAudit({ ...report, findings }, status, notCovered),
    }
  },
})

export const auditCommands = { audit }
