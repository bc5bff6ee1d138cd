export { assertManifest, checkManifest, type Effect, type ManifestMistake } from './lib/manifest.ts'
