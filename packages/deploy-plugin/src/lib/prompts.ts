import type { Prompt, PromptArgument } from '@switchyard/plugin-kit'

const env: PromptArgument = { name: 'env', summary: 'Which environment, as the configuration calls it' }

/** What people want of deployments again and again, to be picked by name. */
export const deployPrompts: readonly Prompt[] = [
  {
    name: 'deploy',
    summary: 'Deploy to an environment: checked, shown, then done behind its health gates',
    args: [env],
    text:
      'I want to deploy to {env}. Use check of deploy first, and stop and tell me if it is not ready. Then show me the plan of apply with what ' +
      'cannot be taken back, apply it once I agree, and tell me what each gate said.',
  },
  {
    name: 'deployed',
    summary: 'What runs where, since when, and whether it is well',
    text: 'Use status of deploy with a look at what runs. Tell me of each environment which version runs, since when, and what is not as it should be.',
  },
  {
    name: 'roll-back',
    summary: 'Return an environment to what ran before',
    args: [env],
    text:
      'Something is wrong in {env} since the last deployment. Use history and status of deploy to say what changed, then show me the plan of ' +
      'rollback. Carry it out only once I agree.',
  },
]
