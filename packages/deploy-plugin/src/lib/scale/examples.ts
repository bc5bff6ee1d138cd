/** Requests in plain words. */
export const SCALE_EXAMPLES = [
  'scale the api to 3 replicas on staging',
  'run four replicas of the web service in production',
  'scale the worker deployment down to one',
  'deploy two more replicas of the api',
  'start a second container of the api on production',
  'have three containers of web running on staging',
  'set the replicas of worker to 2 in production',
  'change the number of replicas of the deployed api',
  'scale out the deployment of web to five',
  'scale the deployed shop service on production to 4',
  'how about two instances of the api on staging',
  'reduce the deployed replicas of web to one',
] as const
