export { createRedactor, isSecretName, type Redactor, type RedactorOptions, redact, withoutSecrets } from './lib/redact.ts'
export { mayHoldSecretShape, redactShapes, SECRET_SHAPES, type SecretShape } from './lib/secret-shapes.ts'
