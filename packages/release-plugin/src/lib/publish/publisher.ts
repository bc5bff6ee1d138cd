import type { PublishStep } from '../plan/release-plan.ts'

/** What became of a publish step: what is needed to finish it and to take it back. */
export interface Published {
  /** Where people find it. */
  readonly url?: string | undefined
  /** What the other side calls it. */
  readonly reference?: string | undefined
}

export interface PublishContext {
  /** Root of the repository. */
  readonly root: string
  readonly commit: string
  /** Where tokens are; never kept, logged or put into an error. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
}

/** One way of publishing. Every call may be repeated. */
export interface Publisher<Step extends PublishStep = PublishStep> {
  /** Why nothing can be taken back once it is out; undefined where it can be. */
  noWayBack(step: Step): string | undefined
  /** What would stop it, found out without changing anything. */
  check(step: Step, context: PublishContext): Promise<void>
  /** Whether the other side has it. Undefined where that cannot be told, such as for a command. @throws PUBLISH_UNCLEAR */
  look(step: Step, context: PublishContext): Promise<Published | 'no' | undefined>
  publish(step: Step, context: PublishContext): Promise<Published>
  /** After the push, for what may be seen only then. */
  show?(step: Step, published: Published, context: PublishContext): Promise<Published>
  hide?(step: Step, published: Published, context: PublishContext): Promise<Published>
  takeBack(step: Step, published: Published, context: PublishContext): Promise<void>
}
