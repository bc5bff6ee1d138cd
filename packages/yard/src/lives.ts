export { readLives } from './lib/lives.ts'
