/**
 * The states of a channel's delivery tags, from the lowest that is not settled.
 *
 * @module
 */

/** Nothing is known of the delivery yet. */
export const UNSETTLED = 0;
/** The delivery is done, and not acknowledged yet. */
export const SETTLED = 1;
/** The delivery was acknowledged or released. */
export const ANSWERED = 2;

/** A ring that grows with the distance between the lowest and the highest tag in it. */
export class TagStates {
  #states = new Uint8Array(1024);
  #next = 1;
  #highest = 0;

  /** The lowest tag that is neither settled nor answered. */
  get next(): number {
    return this.#next;
  }

  /** Passes over a tag if it is the lowest and no higher one has a state. @returns Whether. */
  passInOrder(tag: number): boolean {
    if (tag !== this.#next || tag <= this.#highest) return false;
    this.#highest = tag;
    this.#next++;
    return true;
  }

  /** Sets the state of a tag that was not passed over. */
  mark(tag: number, state: number): void {
    if (tag - this.#next >= this.#states.length) this.#grow(tag - this.#next + 1);
    this.#states[tag % this.#states.length] = state;
    if (tag > this.#highest) this.#highest = tag;
  }

  /** Passes over the lowest tag if it has a state. @returns That; `UNSETTLED` if it has none. */
  pass(): number {
    if (this.#next > this.#highest) return UNSETTLED;
    const slot = this.#next % this.#states.length;
    const state = this.#states[slot] ?? UNSETTLED;
    if (state === UNSETTLED) return UNSETTLED;
    this.#states[slot] = UNSETTLED;
    this.#next++;
    return state;
  }

  #grow(needed: number): void {
    const old = this.#states;
    const states = new Uint8Array(2 ** Math.ceil(Math.log2(needed)) * 2);
    for (let tag = this.#next; tag <= this.#highest; tag++) {
      states[tag % states.length] = old[tag % old.length] ?? UNSETTLED;
    }
    this.#states = states;
  }
}
