import type { Prompt, PromptArgument } from '@switchyard/plugin-kit'

const project: PromptArgument = {
  name: 'project',
  summary: 'Its name, or its folder',
  default: '.',
  of: 'ops://projects/{project}',
}

/** What people want of operations again and again, to be picked by name. */
export const opsPrompts: readonly Prompt[] = [
  {
    name: 'health',
    summary: 'How healthy a project is, and what to mend first',
    args: [project],
    text:
      'Scan the health of the project {project} with health.scan of ops. Tell me its score, and the three findings that weigh most with what ' +
      'mends each. Change nothing yet; ask me which of them to mend.',
  },
  {
    name: 'triage',
    summary: 'Turn what the health check found into issues, and say where to begin',
    args: [project],
    text:
      'Look at the open issues of the project {project} with issue.list of ops, and at what issue.triage would add to them. Show me what is new, ' +
      'file it with issue.file once I agree, and tell me which three to begin with and why.',
  },
  {
    name: 'investigate',
    summary: 'What is wrong with a service, and what could be done',
    args: [{ name: 'service', summary: 'As it is called in status' }],
    text:
      'Something is wrong with the service {service}. Use monitor.check, investigate and logs of ops. Tell me in a few lines since when, what ' +
      'the cause looks to be and how sure that is, and what remediate could do about it. Do nothing to the service before I agree.',
  },
]
