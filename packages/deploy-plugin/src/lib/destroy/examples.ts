/** Requests in plain words, for the router. */
export const DESTROY_EXAMPLES: readonly string[] = [
  'take the staging environment down for good',
  'destroy everything that is deployed to staging',
  'remove the api from production completely',
  'tear down the stack',
  'delete the deployed services and their volumes',
  'undeploy the worker',
  'clear staging off the host',
  'what would be gone if we destroyed staging',
]
