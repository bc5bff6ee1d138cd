import type { Prompt } from '@switchyard/plugin-kit'

const project = { name: 'project', summary: 'Its folder', default: '.' } as const

/** What people want of releases again and again, to be picked by name. */
export const releasePrompts: readonly Prompt[] = [
  {
    name: 'release',
    summary: 'Release a project: checked, shown whole, then done',
    args: [project, { name: 'bump', summary: 'By how much', choices: ['auto', 'patch', 'minor', 'major'], default: 'auto' }],
    text:
      'I want to release the project {project}, bump: {bump} ("auto" means what the commits say). Use check of release, then plan, and show me ' +
      'the version, the changelog and what cannot be taken back. Cut it once I agree, and tell me what was done.',
  },
  {
    name: 'since-last-release',
    summary: 'What has changed since the last release, for people',
    args: [project],
    text: 'Use notes and latest of release for the project {project}. Tell me in a few lines what users would notice, and whether it is time to release.',
  },
]
