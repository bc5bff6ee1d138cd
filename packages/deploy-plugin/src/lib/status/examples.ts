/** Requests in plain words, for the router. */
export const STATUS_EXAMPLES: readonly string[] = [
  'what is deployed where',
  'which version of the api runs in production',
  'show the deployment status',
  'does what runs differ from what we deployed',
  'is there drift on staging',
  'which release is live',
  'make a page of everything that is deployed',
  'what was installed on the hosts and by whom',
  'which deployments wait for approval',
]

export const HISTORY_EXAMPLES: readonly string[] = [
  'show the deployment history',
  'what was deployed to production last week',
  'who deployed the api last',
  'list past deployments',
  'why did deployment 17 fail',
  'show the steps of deployment 4',
  'when did we last roll back',
  'all deployments of the worker since monday',
]
