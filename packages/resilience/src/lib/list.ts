/**
 * A node of a doubly linked ring: joins and leaves in constant time, and allocates nothing. An interface, as objects made for
 * every call should not pay for a chain of constructors. One ring at a time.
 */
export interface ListNode {
  /** Undefined while it is in no ring. */
  next: ListNode | undefined
  previous: ListNode | undefined
}

/** An empty ring, known by its head; its entries begin at `head.next` and end where that is `head` again. */
export function createRing(): ListNode {
  const head: ListNode = { next: undefined, previous: undefined }
  head.next = head
  head.previous = head
  return head
}

export const isEmptyRing = (head: ListNode): boolean => head.next === head

/** Puts `node` last. It must be in no ring. */
export function append(head: ListNode, node: ListNode): void {
  const last = head.previous!
  node.next = head
  node.previous = last
  last.next = node
  head.previous = node
}

/** Takes `node` out of its ring. It must be in one. */
export function detach(node: ListNode): void {
  node.next!.previous = node.previous
  node.previous!.next = node.next
  node.next = undefined
  node.previous = undefined
}
