/** Requests in plain words, for the router. */
export const TARGET_EXAMPLES: readonly string[] = [
  'list the targets we can deploy to',
  'which machines of netbox could be deployment targets',
  'show the hosts with the role web from the inventory',
  'compare our deployment targets with netbox',
  'what servers do we have in the inventory',
  'which target has another address than in netbox',
  'find active hosts tagged docker to deploy to',
  'show me the configured deploy targets',
]

export const TARGET_NOTE_EXAMPLES: readonly string[] = [
  'write deployment 17 into the netbox journal',
  'note in netbox what was deployed to the host',
  'tell the inventory about the last deployment',
  'record deployment 4 in the cmdb',
  'update the service ports in netbox after deploying',
  'journal the deployment in netbox',
  'sync the finished deployment back to the inventory',
  'enter the deployed version into netbox',
]
