/** Requests that mean it; the router learns from them. */
export const GENERATE_EXAMPLES = [
  'generate a compose file',
  'write the Caddyfile for this stack',
  'generate systemd units for my services',
  'make kubernetes manifests from the deployment config',
  'generate podman quadlets',
  'deploy generate',
  'create the deployment files',
  'regenerate the docker compose file but keep my edits',
  'write a hardened systemd unit for the api',
  'generate .env.example from the code',
] as const
