import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Context, Plan } from '@switchyard/plugin-kit'
import { redactShapes } from '@switchyard/plugin-kit/redact'
import type { z } from 'zod'
import { lookAt } from '../health/scan.ts'
import { findServers } from './find-servers.ts'
import { smokeText } from './render.ts'
import type { checkInput, checkOutput, ServerReport } from './schema.ts'
import { smokeTest } from './smoke-test.ts'

type Input = z.output<typeof checkInput>

async function serversFor({ project, server, program, args }: Input, { workspace, signal }: Context, dataDir: string) {
  const described = await lookAt(resolve(workspace, project), { signal })
  return findServers(described, { server, program, args, env: process.env, dataDir })
}

export async function planCheck(input: Input, ctx: Context): Promise<Plan> {
  const servers = await serversFor(input, ctx, tmpdir())
  return {
    summary: `Start ${servers.map(({ name }) => name).join(', ')}, read what it lists, and end it`,
    steps: servers.map(({ command, shown }) => ({
      does: 'run',
      target: redactShapes(shown),
      detail: `in ${command.cwd}`,
    })),
    warnings: ['this starts programs that the project names: they can do whatever you can'],
  }
}

export async function runCheck(input: Input, ctx: Context): Promise<z.input<typeof checkOutput>> {
  const dataDir = mkdtempSync(join(tmpdir(), 'switchyard-mcp-'))
  try {
    const servers: ServerReport[] = []
    const found = await serversFor(input, ctx, dataDir)
    for (const [index, one] of found.entries()) {
      ctx.signal.throwIfAborted()
      ctx.progress({ message: one.name, done: index, total: found.length })
      servers.push(await smokeTest(one, { limitMs: Math.round(input.seconds * 1_000), signal: ctx.signal }))
    }
    const status = (['fail', 'warn'] as const).find((worst) => servers.some((one) => one.status === worst)) ?? 'pass'
    return { status, servers, text: smokeText(servers) }
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}
