import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ParseError, parse, printParseErrorCode } from 'jsonc-parser'
import { z } from 'zod'
import { configInvalid } from '../errors.ts'

/** Where a project says what cannot be found out; JSON with comments. Everything in it has a default. */
const CONFIG_FILE = 'switchyard.release.json'

const relativePath = z
  .string()
  .min(1)
  .refine((path) => !path.startsWith('/') && !path.includes('\\') && !path.split('/').includes('..'), 'must stay inside the project')
const argv = z.array(z.string().min(1)).min(1)

export const releaseConfig = z.strictObject({
  $schema: z.string().optional(),
  mode: z
    .enum(['single', 'fixed', 'independent'])
    .optional()
    .describe('Absent: fixed where the workspaces share one version, else independent'),
  tag: z
    .string()
    .includes('{version}')
    .optional()
    .describe('Such as v{version} or {name}--v{version}; absent: as the tags there are, else by what the project is'),
  branches: z.array(z.string().min(1)).default(['main', 'master', 'trunk']).describe('Where releases are made; "*" is any text'),
  zeroMajor: z
    .enum(['keep', 'leave'])
    .default('keep')
    .describe('Below 1.0.0 a breaking change moves the minor version (keep), or makes it 1.0.0 (leave)'),
  packages: z.array(relativePath).default([]).describe('Folders with manifests of their own that no workspace names, such as python'),
  changelog: z.union([relativePath, z.literal(false)]).default('CHANGELOG.md'),
  versions: z
    .strictObject({
      literals: z
        .array(z.strictObject({ file: relativePath, pattern: z.string().includes('{version}') }))
        .default([])
        .describe('Text around a version, such as { "file": "README.md", "pattern": "badge/v{version}-blue" }; "*" in a file is any text'),
      ignore: z.array(relativePath).default([]).describe('Files whose versions are their own affair; "*" is any text'),
    })
    .prefault({}),
  tests: z
    .union([argv, z.literal(false)])
    .optional()
    .describe('Program and arguments; absent: npm test where package.json has one'),
  policy: z
    .strictObject({
      scoreFail: z.int().min(0).max(100).default(60).describe('Health below this stops a release'),
      scoreWarn: z
        .strictObject({
          patch: z.int().min(0).max(100).default(70),
          minor: z.int().min(0).max(100).default(80),
          major: z.int().min(0).max(100).default(90),
        })
        .prefault({}),
    })
    .prefault({}),
  commit: z.string().includes('{version}').default('chore(release): {version}').describe('Message of the commit that a release makes'),
  publish: z
    .array(
      z.discriminatedUnion('kind', [
        z.strictObject({
          kind: z.literal('npm'),
          access: z.enum(['public', 'restricted']).optional(),
          provenance: z.boolean().default(false),
          registry: z.url().optional(),
        }),
        z.strictObject({
          kind: z.enum(['github', 'gitea']),
          url: z.url().optional().describe('Root of the API; absent: as the remote says'),
          repository: z
            .string()
            .regex(/^[^/\s]+\/[^/\s]+$/)
            .optional()
            .describe('owner/name; absent: as the remote says'),
          draft: z.boolean().default(false),
        }),
        z.strictObject({
          kind: z.literal('command'),
          id: z.string().min(1),
          path: relativePath.default('.'),
          run: argv,
          undo: argv.optional(),
        }),
      ]),
    )
    .default([])
    .describe('What is done for the world outside, in this order; nothing unless it is named here'),
})

export type ReleaseConfig = z.output<typeof releaseConfig>

/**
 * The configuration of the project in `folder`; all defaults where there is no file.
 * @throws RELEASE_CONFIG_INVALID that names every mistake
 */
export function readConfig(folder: string): ReleaseConfig {
  const path = join(folder, CONFIG_FILE)
  if (!existsSync(path)) return releaseConfig.parse({})
  const errors: ParseError[] = []
  const value: unknown = parse(readFileSync(path, 'utf8'), errors, { allowTrailingComma: true })
  if (errors[0] !== undefined) throw configInvalid(path, [`${printParseErrorCode(errors[0].error)} at offset ${errors[0].offset}`])
  const checked = releaseConfig.safeParse(value)
  if (checked.success) return checked.data
  throw configInvalid(
    path,
    checked.error.issues.map(({ path, message }) => `${path.join('.') || '(root)'}: ${message}`),
  )
}
