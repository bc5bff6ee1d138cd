/** Runbooks that come along as chains. */
export const BUILT_IN: Readonly<Record<string, string>> = {
  'full-health': 'Scan, file and fix what is found, scan again, and say what is left',
  'release-prep': 'Pass the gates of a release, then cut it',
  'dependency-update': 'Update dependencies, and take the update back when the project does not build any more',
  'new-plugin-setup': 'Register a project and file what its first scan finds',
  hotfix: 'File a critical bug, wait for its fix on a branch, cut a patch release',
}

/** Whether this one comes along; `constructor` is a name too, and none of these. */
export const isBuiltIn = (name: string): boolean => Object.hasOwn(BUILT_IN, name)
