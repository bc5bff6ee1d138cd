import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/*
 * Both ends prove that they hold the workspace's token, on nonces of both, and neither tells the other anything that
 * proves it to a third: a fake hub or client learns nothing. The client goes first.
 */

export const NONCE_BYTES = 32
export const PROOF_BYTES = 32

export function createNonce(): Buffer {
  return randomBytes(NONCE_BYTES)
}

export function prove(token: Uint8Array, role: 'client' | 'hub', hubNonce: Uint8Array, clientNonce: Uint8Array): Buffer {
  return createHmac('sha256', token).update(`switchyard-hub-1 ${role}`).update(hubNonce).update(clientNonce).digest()
}

export function isProof(proof: Uint8Array, ...about: Parameters<typeof prove>): boolean {
  return proof.length === PROOF_BYTES && timingSafeEqual(proof, prove(...about))
}
