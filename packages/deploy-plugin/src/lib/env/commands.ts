import { type Context, command, type PlanStep } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { projectField, projectRoot } from '../files/project.ts'
import type { Created } from './create.ts'
import { ENV_EXAMPLES } from './examples.ts'
import { FINDING_RULES } from './rules.ts'

const filesField = z.array(z.string().min(1)).min(1).optional().describe('Env files, relative to the project. Absent: all in its folder')
const envField = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]*$/i, 'must be letters, digits and "-"')
  .optional()
  .describe('The environment, such as production. Absent: .env, which is for all')
const keyField = z.string().min(1).optional().describe("File of the age key. Absent: the workspace's own, made when first needed")
const changeField = z.string().optional().describe('What takes it back')

const undoChange = ({ change }: { change?: string | undefined }) =>
  change === undefined ? undefined : { command: 'deploy.files.restore', input: { change } }

const list = command({
  summary: 'List env files with how much of what the compose files ask for they cover',
  description: 'Values are left out unless they are asked for.',
  examples: ENV_EXAMPLES['env.list'],
  effect: 'read',
  input: z.object({
    project: projectField,
    files: filesField,
    values: z.boolean().default(false).describe('Show the values too: they are secrets'),
  }),
  output: z.object({
    files: z.array(
      z.object({
        file: z.string(),
        env: z.string().optional(),
        count: z.int().describe('Of all variables; 500 are listed at most'),
        variables: z.array(z.object({ name: z.string(), line: z.int(), isEmpty: z.boolean(), value: z.string().optional() })),
        modified: z.string(),
        mode: z.string(),
        exposed: z.boolean(),
        coverage: z.int(),
        missing: z.array(z.object({ name: z.string(), at: z.string() })),
        problems: z.int(),
      }),
    ),
    encrypted: z.array(z.string()),
    wanted: z.int().describe('How many variables the compose files ask for'),
    text: z.string(),
  }),
  async run({ project, files, values }, { workspace }) {
    const { listEnv } = await import('./list.ts')
    return listEnv(projectRoot(workspace, project), { files, values })
  },
})

const presence = z.enum(['set', 'empty', 'absent'])
const diff = command({
  summary: 'Compare env files: which variables only some have, and which secrets two environments share',
  description: 'No value is shown.',
  examples: ENV_EXAMPLES['env.diff'],
  effect: 'read',
  input: z.object({ project: projectField, files: filesField }),
  output: z.object({
    files: z.array(z.string()),
    variables: z.array(z.object({ name: z.string(), in: z.array(presence), differs: z.boolean(), shared: z.boolean() })),
    uneven: z.array(z.string()).describe('Variables that not all of the files have'),
    shared: z.array(z.string()).describe('Secrets that are the same in two files'),
    nowhere: z.array(z.object({ name: z.string(), at: z.string() })).describe('Variables that a compose file asks for and no env file has'),
    text: z.string(),
  }),
  async run({ project, files }, { workspace }) {
    const { compareEnv } = await import('./compare.ts')
    return compareEnv(projectRoot(workspace, project), files)
  },
})

const addedFiles = z.array(z.object({ file: z.string(), added: z.array(z.string()), toFill: z.array(z.string()) }))
const sync = command({
  summary: 'Add variables that env files lack of the schema or example, and touch no value that is there',
  examples: ENV_EXAMPLES['env.sync'],
  effect: 'write',
  input: z.object({ project: projectField, files: filesField }),
  output: z.object({
    files: addedFiles,
    extra: z.array(z.object({ file: z.string(), names: z.array(z.string()) })).describe('Variables that the schema does not know'),
    change: changeField,
    text: z.string(),
  }),
  async plan({ project, files }, { workspace }) {
    const [{ planSync }, { count, stepsOf }] = await Promise.all([import('./create.ts'), import('./render.ts')])
    const planned = planSync(projectRoot(workspace, project), files)
    const added = planned.files.reduce((sum, file) => sum + file.added.length, 0)
    return {
      summary: added === 0 ? 'No env file lacks a variable' : `Add ${count(added, 'variable')} to env files`,
      steps: stepsOf(planned),
    }
  },
  undo: undoChange,
  async run({ project, files }, { workspace, dataDir }) {
    const [{ planSync }, { renderSynced }, { applyChanges }] = await Promise.all([
      import('./create.ts'),
      import('./render.ts'),
      import('../files/change-set.ts'),
    ])
    const root = projectRoot(workspace, project)
    const { changes, files: written, extra } = planSync(root, files)
    const change = applyChanges(root, changes, dataDir)
    return { files: written, extra, ...(change !== undefined && { change }), text: renderSynced(written, extra) }
  },
})

const create = command({
  summary: 'Create the env file of an environment from the schema or example, for its owner alone',
  description:
    'Secrets that the schema wants random are made up; what nobody can know stays empty and is listed. Git is told to ignore the file.',
  examples: ENV_EXAMPLES['env.create'],
  effect: 'write',
  input: z.object({ project: projectField, env: envField, file: z.string().min(1).optional().describe('Instead of the usual name') }),
  output: z.object({
    file: z.string(),
    files: addedFiles,
    invented: z.array(z.string()).describe('Secrets that were made by chance'),
    change: changeField,
    text: z.string(),
  }),
  async plan(input, ctx) {
    const [{ created }, { stepsOf }] = await Promise.all([createdBy(input, ctx), import('./render.ts')])
    return { summary: `Create ${created.file}`, steps: stepsOf(created) }
  },
  undo: undoChange,
  async run(input, ctx) {
    const [{ root, created }, { renderWritten }, { applyChanges }] = await Promise.all([
      createdBy(input, ctx),
      import('./render.ts'),
      import('../files/change-set.ts'),
    ])
    const change = applyChanges(root, created.changes, ctx.dataDir)
    const { file, files, invented } = created
    return { file, files, invented, ...(change !== undefined && { change }), text: renderWritten(files) }
  },
})

async function createdBy(
  { project, env, file }: { project: string; env?: string | undefined; file?: string | undefined },
  { workspace }: Pick<Context, 'workspace'>,
): Promise<{ root: string; created: Created }> {
  const [{ planCreate }, { fileOf }] = await Promise.all([import('./create.ts'), import('./env-files.ts')])
  const root = projectRoot(workspace, project)
  return { root, created: planCreate(root, file ?? (await fileOf(root, env)), env) }
}

const validate = command({
  summary: 'Hold env files to the types and rules of the schema',
  description:
    'The schema is .env.schema in the form of @env-spec; without one, .env.example says which variables there are. No value is shown.',
  examples: ENV_EXAMPLES['env.validate'],
  effect: 'read',
  input: z.object({
    project: projectField,
    env: envField,
    files: filesField,
    strict: z.boolean().default(false).describe('Whether warnings count as errors'),
    gate: z.boolean().default(false).describe('Fail with ENV_INVALID where something is not right, for CI'),
  }),
  output: z.object({
    ok: z.boolean(),
    schema: z.string(),
    typed: z.boolean(),
    files: z.array(z.string()),
    findings: z.array(
      z.object({
        file: z.string(),
        line: z.int(),
        column: z.int(),
        rule: z.enum(FINDING_RULES),
        severity: z.enum(['error', 'warning', 'info']),
        name: z.string().optional(),
        message: z.string(),
      }),
    ),
    found: z.int().describe('Of all findings; 500 are listed at most'),
    text: z.string(),
  }),
  async run({ project, env, files, strict, gate }, { workspace }) {
    const [{ validateEnv }, { fileOf }] = await Promise.all([import('./validate.ts'), import('./env-files.ts')])
    const root = projectRoot(workspace, project)
    return validateEnv(root, files ?? (env === undefined ? undefined : [await fileOf(root, env)]), { strict, gate })
  },
})

const sealInput = z.object({
  project: projectField,
  env: envField,
  file: z.string().min(1).optional().describe('Instead of an environment'),
  key: keyField,
})
type SealInput = z.output<typeof sealInput>

const encryptCommand = command({
  summary: "Encrypt an env file in age's format, so that it can be committed, and take the clear one away",
  description: 'For the key and for every public key in .env.recipients. age itself can decrypt it: age -d -i KEY FILE.',
  examples: ENV_EXAMPLES['env.encrypt'],
  effect: 'write',
  rare: true,
  input: sealInput.extend({ keep: z.boolean().default(false).describe('Leave the clear file where it is') }),
  output: z.object({
    file: z.string(),
    encrypted: z.string(),
    recipients: z.int(),
    madeKey: z.boolean(),
    removed: z.boolean(),
    mode: z.int(),
    change: changeField,
    text: z.string(),
  }),
  async plan(input, ctx) {
    const [{ vault, file }, { sealedNames, hasKey }] = await Promise.all([vaultOf(input, ctx), import('./seal.ts')])
    const { clear, encrypted } = sealedNames(vault.root, file)
    const steps: PlanStep[] = [{ does: 'create', target: encrypted }]
    if (!input.keep) steps.push({ does: 'remove', target: clear })
    if (!hasKey(vault.key)) steps.push({ does: 'create', target: vault.key, detail: 'the key: keep a copy where the workspace is not' })
    return {
      summary: `Encrypt ${clear}`,
      steps,
      warnings: [
        'Without the key nobody can read it again',
        ...(input.keep ? [] : ['Copies that editors and backups made of the clear file stay']),
      ],
    }
  },
  undo: ({ file, mode, change }, { project, key }) => ({
    command: 'deploy.env.unseal',
    input: { project, file, mode, ...(change !== undefined && { change }), ...(key !== undefined && { key }) },
  }),
  async run(input, ctx) {
    const [{ vault, file }, { count }] = await Promise.all([vaultOf(input, ctx), import('./render.ts')])
    const { seal } = await import('./seal.ts')
    const sealed = await seal(vault, file, input.keep)
    const key = sealed.madeKey ? `\nA key was made: ${vault.key}. Keep a copy where the workspace is not.` : ''
    return { ...sealed, text: `${sealed.encrypted} is encrypted for ${count(sealed.recipients, 'key')}.${key}` }
  },
})

const decryptCommand = command({
  summary: 'Decrypt an env file with its key, for its owner alone',
  examples: ENV_EXAMPLES['env.decrypt'],
  effect: 'write',
  rare: true,
  input: sealInput,
  output: z.object({ file: z.string(), encrypted: z.string(), change: changeField, text: z.string() }),
  async plan(input, ctx) {
    const [{ vault, file }, { sealedNames }] = await Promise.all([vaultOf(input, ctx), import('./seal.ts')])
    const { clear, encrypted } = sealedNames(vault.root, file)
    return {
      summary: `Decrypt ${encrypted}`,
      steps: [{ does: 'create', target: clear }],
      warnings: ['Its secrets lie in clear on the disk then'],
    }
  },
  undo: undoChange,
  async run(input, ctx) {
    const [{ vault, file }, { open }] = await Promise.all([vaultOf(input, ctx), import('./seal.ts')])
    const opened = await open(vault, file)
    return {
      ...opened,
      text: opened.change === undefined ? `${opened.file} was there and says the same.` : `${opened.file} is there, for you alone.`,
    }
  },
})

const unsealCommand = command({
  summary: 'Put an env file back as it was before it was encrypted',
  examples: ['put the clear env file back as it was before it was sealed'],
  effect: 'write',
  internal: true,
  input: z.object({
    project: projectField,
    file: z.string().min(1),
    mode: z.int().min(0).max(0o777),
    change: z.string().optional(),
    key: keyField,
  }),
  output: z.object({ file: z.string() }),
  async plan({ project, file }, { workspace }) {
    const { sealedNames } = await import('./seal.ts')
    const { clear, encrypted } = sealedNames(projectRoot(workspace, project), file)
    return {
      summary: `Put ${clear} back`,
      steps: [
        { does: 'create', target: clear },
        { does: 'change', target: encrypted },
      ],
    }
  },
  async run(input, ctx) {
    const { vault } = await vaultOf(input, ctx)
    const { unseal } = await import('./seal.ts')
    await unseal(vault, input)
    return { file: input.file }
  },
})

async function vaultOf({ project, env, file, key }: Partial<SealInput> & { project: string }, { workspace, dataDir, clock }: Context) {
  const [{ keyPath }, { fileOf }] = await Promise.all([import('./vault.ts'), import('./env-files.ts')])
  const root = projectRoot(workspace, project)
  const vault = { root, dataDir, key: keyPath(key, workspace, dataDir), nowMs: clock.now() }
  return { vault, file: file ?? (await fileOf(root, env)) }
}

const leaks = command({
  summary: 'Look through the whole git history for secrets: commit, file, line and kind, never the value',
  description:
    'All branches, stashes and merges, as git streams them. What was found stays in the history until it is rewritten: change the secret first.',
  examples: ENV_EXAMPLES['env.leaks'],
  effect: 'read',
  rare: true,
  timeoutMs: 600_000,
  input: z.object({
    project: projectField,
    since: z.string().min(1).max(100).optional().describe('From this time on: a date, or how long ago (12h, 7d, 4w)'),
    limit: z.int().min(1).max(1_000).default(50),
  }),
  output: z.object({
    leaks: z.array(
      z.object({
        commit: z.string(),
        at: z.string(),
        file: z.string(),
        line: z.int(),
        kind: z.string(),
        fingerprint: z.string().describe('The same for the same place in every search'),
        secret: z.int().describe('Equal numbers are one secret'),
      }),
    ),
    found: z.int(),
    secrets: z.int().describe('How many different ones'),
    commits: z.int(),
    envFiles: z.array(z.string()).describe('Env files with values that were committed once'),
    text: z.string(),
  }),
  async run({ project, since, limit }, { workspace, signal, progress, clock }) {
    const [{ searchHistory }, { renderLeaks }, { parseWhen }] = await Promise.all([
      import('./leaks.ts'),
      import('./render.ts'),
      import('../status/when.ts'),
    ])
    const root = projectRoot(workspace, project)
    // Git takes what it cannot read for some time or other, and a search from then on would find nothing without saying why.
    const from = since === undefined ? undefined : new Date(parseWhen('since', since, clock.now())).toISOString()
    const onProgress = (commits: number): void => progress({ message: `${commits} commits` })
    const found = await searchHistory(root, { since: from, limit, signal, onProgress })
    return { ...found, leaks: [...found.leaks], envFiles: [...found.envFiles], text: renderLeaks(found) }
  },
})

export const envCommands = {
  'env.list': list,
  'env.diff': diff,
  'env.sync': sync,
  'env.create': create,
  'env.validate': validate,
  'env.encrypt': encryptCommand,
  'env.decrypt': decryptCommand,
  'env.unseal': unsealCommand,
  'env.leaks': leaks,
}
