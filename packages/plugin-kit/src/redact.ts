export {
  createRedactor,
  isSecretName,
  mayHoldSecretShape,
  type Redactor,
  type RedactorOptions,
  redact,
  redactShapes,
  SECRET_SHAPES,
  type SecretShape,
  withoutSecrets,
} from '@switchyard/contracts/redact'
