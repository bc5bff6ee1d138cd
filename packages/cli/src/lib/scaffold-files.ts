export function pluginFiles(name: string, inCheckout: boolean): Readonly<Record<string, string>> {
  return { 'src/index.ts': `${name}${inCheckout}` }
}
