import { z } from 'zod'

export const projectField = z.string().min(1).default('.').describe('Folder of the project, relative to the workspace or absolute')

/** What a release is asked for with; the same for planning, cutting and rehearsing. */
export const planInput = z.object({
  project: projectField,
  version: z.string().min(1).optional().describe('The version, such as 1.4.0, instead of what the commits ask for'),
  bump: z.enum(['major', 'minor', 'patch']).optional().describe('How far the version moves, instead of what the commits ask for'),
  channel: z.string().min(1).optional().describe('Makes a pre-release of that channel, such as beta'),
  since: z.string().min(1).optional().describe('Tag or commit after which to look, instead of the last release'),
  package: z.string().min(1).optional().describe('One package by name, where packages have versions of their own'),
  strict: z.boolean().default(false).describe('Warnings and what is not known stop the release too'),
})
