export { type LinkFixture, linkContract } from './lib/link/link-contract.ts'
