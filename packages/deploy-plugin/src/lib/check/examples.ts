/** Requests in plain words, for the router. */
export const CHECK_EXAMPLES: readonly string[] = [
  'is the host ready for a deployment',
  'check the machine before we deploy',
  'run the preflight checks for production',
  'is there enough disk and memory to deploy',
  'which process holds the port that we want to publish',
  'are all images there and for the right architecture',
  'pre-deployment check of staging',
  'when will the disk of the server be full',
  'can we deploy to web-1 right now',
]
