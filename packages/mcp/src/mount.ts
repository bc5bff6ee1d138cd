export { createMount, examineServer, type MountedServer, type MountOptions } from './lib/mount/mount.ts'
