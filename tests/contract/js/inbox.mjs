/*
 * What a case has received so far, and a way to wait for what it has not.
 *
 * In:  everything a callback of the client is given.
 * Out: the first item that matches, as soon as it is there; an error at the deadline that shows
 *      what came instead.
 * Next: stage.mjs.
 */

export class Inbox {
  #waiting = new Set()

  /** @param {number} deadline how long `first` waits, in milliseconds */
  constructor(deadline) {
    this.deadline = deadline
    this.items = []
  }

  /** Bound, so that it can be handed over as a callback. */
  push = (item) => {
    this.items.push(item)
    for (const waiter of this.#waiting) waiter(item)
  }

  /** The first item, past or future, for which `matches` holds. */
  first(what, matches = () => true, deadline = this.deadline) {
    const already = this.items.find(matches)
    if (already !== undefined) return Promise.resolve(already)
    return new Promise((resolve, reject) => {
      const settle = (finish, value) => {
        this.#waiting.delete(waiter)
        clearTimeout(timer)
        finish(value)
      }
      const waiter = (item) => matches(item) && settle(resolve, item)
      const late = () => settle(reject, new Error(this.#lateText(what, deadline)))
      const timer = setTimeout(late, deadline)
      this.#waiting.add(waiter)
    })
  }

  #lateText(what, deadline) {
    const got = JSON.stringify(this.items).slice(0, 600)
    return `no ${what} within ${deadline} ms; came instead: ${got}`
  }
}
