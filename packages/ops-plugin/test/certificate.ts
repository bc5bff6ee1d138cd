import { generateKeyPairSync, sign } from 'node:crypto'

/** A certificate that signs itself, made for one test, so that no key is ever committed. */
export interface TestCertificate {
  readonly key: string
  readonly cert: string
}

export interface TestCertificateOptions {
  /** Name or address it is for. @default 'localhost' */
  host?: string
  from: Date
  to: Date
}

// DER by hand: a tag, a length, and what is in it.
const der = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const content = Buffer.concat(parts)
  const length =
    content.length < 0x80
      ? Buffer.from([content.length])
      : content.length < 0x100
        ? Buffer.from([0x81, content.length])
        : Buffer.from([0x82, content.length >> 8, content.length & 0xff])
  return Buffer.concat([Buffer.from([tag]), length, content])
}
const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts)
const hex = (text: string): Buffer => Buffer.from(text, 'hex')
const object = (encoded: string): Buffer => der(0x06, hex(encoded))
const utf8 = (text: string): Buffer => der(0x0c, Buffer.from(text))
const time = (date: Date): Buffer => der(0x18, Buffer.from(`${date.toISOString().replaceAll(/[-:T]|\.\d+/g, '')}`))

const ECDSA_WITH_SHA256 = object('2a8648ce3d040302')
const COMMON_NAME = object('550403')
const SUBJECT_ALT_NAME = object('551d11')
const BASIC_CONSTRAINTS = object('551d13')

export function createTestCertificate({ host = 'localhost', from, to }: TestCertificateOptions): TestCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const name = sequence(der(0x31, sequence(COMMON_NAME, utf8(host))))
  const altName = /^[\d.]+$/.test(host) ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, Buffer.from(host))
  const extensions = sequence(
    sequence(BASIC_CONSTRAINTS, der(0x01, hex('ff')), der(0x04, sequence(der(0x01, hex('ff'))))),
    sequence(SUBJECT_ALT_NAME, der(0x04, sequence(altName))),
  )
  const body = sequence(
    der(0xa0, der(0x02, hex('02'))),
    der(0x02, hex('01')),
    sequence(ECDSA_WITH_SHA256),
    name,
    sequence(time(from), time(to)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, extensions),
  )
  const signature = sign('sha256', body, privateKey)
  const whole = sequence(body, sequence(ECDSA_WITH_SHA256), der(0x03, Buffer.from([0]), signature))
  const lines = whole.toString('base64').replaceAll(/(.{64})/g, '$1\n')
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines.trim()}\n-----END CERTIFICATE-----\n`,
  }
}
