import { type Context, isSwitchyardError } from '@switchyard/plugin-kit'
import { shortRelease } from '../records/columns.ts'
import type { Deployment } from '../records/deployment.ts'

/** Labels by which a tracker files what is about deployments, by what runs the service. */
const HANDLER_LABELS: Readonly<Record<string, readonly string[]>> = {
  compose: ['Tech/Docker'],
  systemd: ['Tech/systemd'],
  static: ['Tech/Caddy'],
}

/** What an issue about a deployment is labelled. */
const labelsOf = ({ handler }: Pick<Deployment, 'handler'>, isProxied: boolean): readonly string[] => [
  ...new Set(['Component/Infra', 'Component/Deploy', ...(HANDLER_LABELS[handler] ?? []), ...(isProxied ? ['Tech/Caddy'] : [])]),
]

/** Files an issue for a deployment that failed, once; a workspace without the ops plugin has no place for it. */
export async function fileIssue(
  ctx: Context,
  { project, isProxied }: { readonly project: string; readonly isProxied: boolean },
  deployment: Deployment,
  why: string,
): Promise<void> {
  const { id, env, service, version, toRelease, who, why: reason } = deployment
  const what = version ?? shortRelease(toRelease)
  try {
    await ctx.call(
      'ops.issue.create',
      {
        project,
        title: `${service} ${what} is not well in ${env} after deployment ${id}`.slice(0, 300),
        description: [why, '', `Deployed by ${who} (${reason}).`, `See: switchyard deploy history --id ${id}`].join('\n'),
        priority: 'high',
        category: 'bug',
        labels: labelsOf(deployment, isProxied),
      },
      { idempotencyKey: `deploy-issue-${id}` },
    )
  } catch (error) {
    if (!['NO_RESPONDER', 'UNKNOWN_METHOD', 'FORBIDDEN'].some((code) => isSwitchyardError(error, code))) throw error
    ctx.log.warn('no issue was filed, as the ops plugin is not here', { deployment: id })
  }
}
