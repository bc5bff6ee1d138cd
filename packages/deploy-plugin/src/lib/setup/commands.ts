import { command } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { projectField, projectRoot } from '../files/project.ts'
import { conflictsField, fileOutcomes } from '../files/schema.ts'
import { SETUP_EXAMPLES } from './examples.ts'
import type { Wishes } from './propose.ts'

const input = z.object({
  project: projectField,
  stack: z
    .string()
    .max(40)
    .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'must be lower-case words joined by "-"')
    .optional()
    .describe('Name of the whole. Absent: that of the folder'),
  profile: z.enum(['single-service', 'multi-service', 'full-stack']).optional().describe('Absent: as what was found says'),
  domain: z.string().min(1).max(253).optional().describe('Name under which it is served, such as example.com'),
  ssh: z.string().min(3).max(300).optional().describe('A host to deploy to, as USER@HOST or USER@HOST:PORT. Absent: this machine'),
  hostKey: z.string().max(100).optional().describe("Fingerprint of that host's key: SHA256:…"),
  key: z.string().min(1).default('~/.ssh/id_ed25519').describe('File of your private key for it'),
  conflicts: conflictsField,
})

const setup = command({
  summary: 'Find out what a project needs to be deployed, and write its configuration, an env example and a checklist',
  description:
    'Looks at compose files, Dockerfiles, Caddyfiles, units, env files and code, and runs none of it. A second run changes nothing and keeps what people changed.',
  examples: SETUP_EXAMPLES,
  effect: 'write',
  input,
  output: z.object({
    stack: z.string(),
    profile: z.string(),
    targets: z.array(z.string()),
    environments: z.array(z.string()),
    services: z.array(z.object({ name: z.string(), handler: z.string(), port: z.int().optional(), hostname: z.string().optional() })),
    found: z.object({
      compose: z.array(z.string()),
      dockerfiles: z.array(z.string()),
      caddyfiles: z.array(z.string()),
      units: z.array(z.string()),
      envFiles: z.array(z.string()),
      apps: z.array(z.object({ name: z.string(), folder: z.string(), language: z.string(), port: z.int().optional() })),
      needs: z.array(z.string()),
    }),
    files: fileOutcomes,
    change: z.string().optional().describe('What takes it back'),
    text: z.string(),
  }),
  async plan(given, { workspace, dataDir }) {
    const [{ planSetup }, { stepsOf }, { settledWarnings }] = await Promise.all([
      import('./setup.ts'),
      import('../files/generated.ts'),
      import('../files/settled-text.ts'),
    ])
    const { outcomes, config } = await planSetup(projectRoot(workspace, given.project), dataDir, await wishesOf(given), given.conflicts)
    const steps = await stepsOf(outcomes)
    return {
      summary: steps.length === 0 ? `${config.stack} is set up: nothing changes` : `Set up the deployment of ${config.stack}`,
      steps,
      warnings: settledWarnings(outcomes),
    }
  },
  undo: ({ change }) => (change === undefined ? undefined : { command: 'deploy.files.restore', input: { change } }),
  async run(given, { workspace, dataDir }) {
    const [{ planSetup }, { writeSettled }, { setupText }] = await Promise.all([
      import('./setup.ts'),
      import('../files/generated.ts'),
      import('./text.ts'),
    ])
    const root = projectRoot(workspace, given.project)
    const planned = await planSetup(root, dataDir, await wishesOf(given), given.conflicts)
    const { config, detected, outcomes } = planned
    const change = writeSettled(root, dataDir, outcomes)
    return {
      stack: config.stack,
      profile: config.profile,
      targets: Object.keys(config.targets),
      environments: Object.keys(config.environments),
      services: Object.entries(config.services).map(([name, { handler, port, hostname }]) => ({
        name,
        handler,
        ...(port !== undefined && { port }),
        ...(hostname !== undefined && { hostname }),
      })),
      found: {
        compose: [...detected.compose],
        dockerfiles: [...detected.dockerfiles],
        caddyfiles: [...detected.caddyfiles],
        units: [...detected.units],
        envFiles: [...detected.envFiles],
        apps: detected.apps.map(({ name, folder, language, port }) => ({
          name,
          folder: folder === '' ? '.' : folder,
          language,
          ...(port !== undefined && { port }),
        })),
        needs: [...detected.needs],
      },
      files: outcomes.map(({ path, state }) => ({ path, state })),
      ...(change !== undefined && { change }),
      text: setupText(planned),
    }
  },
})

async function wishesOf({ stack, profile, domain, ssh, hostKey, key }: z.output<typeof input>): Promise<Wishes> {
  const common = { stack, profile, domain: domain?.toLowerCase() }
  if (ssh === undefined) return common
  const { hostKeyMissing, sshInvalid } = await import('./errors.ts')
  const [, user, host, port = '22'] = /^([\w.-]+)@([A-Za-z0-9][\w.-]*|\[[0-9a-fA-F:]+\])(?::(\d{1,5}))?$/.exec(ssh) ?? []
  if (user === undefined || host === undefined) throw sshInvalid(ssh)
  if (hostKey === undefined) throw hostKeyMissing(host)
  return { ...common, ssh: { host: host.replace(/^\[|\]$/g, ''), port: Number(port), user, key, hostKey } }
}

export const setupCommands = { setup }
