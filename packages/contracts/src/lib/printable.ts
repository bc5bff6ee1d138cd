/**
 * Text of others on one line, as it may be shown on a terminal or a page: what would steer a terminal, break the line, turn the order of
 * letters around or be read without being seen is written as JSON would escape it.
 */
export const printable = (text: string): string =>
  text.replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029\u{E0000}-\u{E007F}]/gu, (sign) =>
    Array.from({ length: sign.length }, (_, at) => `\\u${sign.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  )
