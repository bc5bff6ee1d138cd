/**
 * How many tokens a value costs whoever reads it as JSON, by the estimate of four bytes a token. Real tokenizers differ by model and
 * give JSON somewhat more; an estimate that never changes is what a budget needs.
 */
export function estimateTokens(value: unknown): number {
  return Math.ceil(Buffer.byteLength(JSON.stringify(value)) / 4)
}
