/** Requests in plain words, for the router. */
export const WATCH_EXAMPLES: readonly string[] = [
  'watch the deployment for ten minutes',
  'keep an eye on production after the deployment',
  'watch the api after the deploy and roll back when it fails',
  'observe the new release in staging',
  'is the deployment still well after a while',
  'watch what we just deployed',
  'roll back by itself if the release turns out bad',
  'guard the last deployment for half an hour',
]
