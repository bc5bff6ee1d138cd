import { createRequire } from 'node:module'

interface Labelled {
  readonly text: string
  readonly intent: string
}

/** A classifier of others: learns labelled texts, and names the likeliest intent of one. */
export interface Peer {
  readonly name: string
  train(texts: readonly Labelled[]): Promise<(text: string) => string | undefined | Promise<string | undefined>>
}

// None of these has types of its own.
const load = createRequire(import.meta.url)

interface NlpModules {
  readonly core: { containerBootstrap(): { use(part: unknown): void } }
  readonly lang: { LangEn: unknown }
  readonly nlu: { NluNeural: new (settings: object) => Nlu }
}

interface Nlu {
  readonly neuralNetwork: { readonly settings: { readonly learningRate: number } }
  train(corpus: readonly { utterance: string; intent: string }[], settings: object): Promise<unknown>
  process(text: string): Promise<{ classifications: readonly { intent: string; score: number }[] }>
}

/**
 * nlp.js by its own network. At its default rate it stops training early; what is passed to its manager never gets to the network,
 * so the rate is given where the network is made, and checked.
 */
function nlp(name: string, learningRate: number | undefined): Peer {
  return {
    name,
    async train(texts) {
      const modules: NlpModules = { core: load('@nlpjs/core'), lang: load('@nlpjs/lang-en-min'), nlu: load('@nlpjs/nlu') }
      const container = modules.core.containerBootstrap()
      container.use(modules.lang.LangEn)
      const nlu = new modules.nlu.NluNeural({ container, locale: 'en', useCache: false })
      await nlu.train(
        texts.map(({ text, intent }) => ({ utterance: text, intent })),
        { log: false, ...(learningRate !== undefined && { learningRate }) },
      )
      const arrived = nlu.neuralNetwork.settings.learningRate
      if (arrived !== (learningRate ?? 0.6)) throw new Error(`Cannot compare with ${name} as its network learns at ${arrived}`)
      return async (text) => (await nlu.process(text)).classifications.find(({ intent }) => intent !== 'None')?.intent
    },
  }
}

export const nlpDefault = nlp('nlp.js', undefined)
export const nlpTuned = nlp('nlp.js tuned', 0.01)

export const naturalBayes: Peer = {
  name: 'natural',
  async train(texts) {
    const { BayesClassifier } = load('natural') as {
      BayesClassifier: new () => { addDocument(text: string, intent: string): void; train(): void; classify(text: string): string }
    }
    const classifier = new BayesClassifier()
    for (const { text, intent } of texts) classifier.addDocument(text, intent)
    classifier.train()
    return (text) => classifier.classify(text)
  },
}

export const winkBayes: Peer = {
  name: 'wink-naive-bayes-text-classifier',
  async train(texts) {
    interface Wink {
      definePrepTasks(tasks: readonly unknown[]): void
      defineConfig(settings: object): void
      learn(text: string, intent: string): void
      consolidate(): void
      predict(text: string): string
    }
    const classifier = (load('wink-naive-bayes-text-classifier') as () => Wink)()
    const { string, tokens } = load('wink-nlp-utils') as {
      string: { tokenize0: unknown }
      tokens: { stem: unknown; propagateNegations: unknown }
    }
    classifier.definePrepTasks([string.tokenize0, tokens.propagateNegations, tokens.stem])
    classifier.defineConfig({ considerOnlyPresence: true, smoothingFactor: 0.5 })
    for (const { text, intent } of texts) classifier.learn(text, intent)
    classifier.consolidate()
    return (text) => classifier.predict(text)
  },
}
