/** Requests that mean it; the router learns from them. */
export const SETUP_EXAMPLES = [
  'set up deployments for this project',
  'deploy setup',
  'what would it take to deploy this app',
  'configure where this project is deployed',
  'find out how this repository can be deployed',
  'create a deployment configuration',
  'prepare this project for my own server',
  'set up deployment to deploy@web-1',
  'initialise deployments with the domain example.com',
] as const
