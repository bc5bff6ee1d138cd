export { builtInModel, builtInPlugins } from './lib/built-in.ts'
export { EXIT, type ExitCode } from './lib/exit-code.ts'
export { outlineOf } from './lib/outline.ts'
