/**
 * Statements that PostgreSQL keeps prepared, as parsing and planning one costs more than to run it.
 *
 * @module
 */

import { createHash } from "node:crypto";

/** The most statements that are kept, on each connection. */
const MOST = 200;
/** The longest text of a statement that is kept, in UTF-16 units: one of many rows rarely comes again. */
const LONGEST = 4_000;
/** How often a statement runs before it is kept. */
const OFTEN = 3;
/** The most texts that are counted. */
const COUNTED = 1_000;

/** Knows which statements are worth keeping, for all connections to a database. */
export class PostgresStatements {
  readonly #names = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  #isOff = false;

  /**
   * The name by which a statement is kept; `undefined` where it is not.
   *
   * @param text The statement.
   * @param values How many it has: one without may be several statements, which cannot be prepared.
   */
  nameOf(text: string, values: number): string | undefined {
    const known = this.#names.get(text);
    if (known !== undefined || values === 0 || text.length > LONGEST) return known;
    if (this.#isOff || this.#names.size >= MOST || !this.#isOften(text)) return undefined;
    const name = nameFor(text);
    this.#names.set(text, name);
    return name;
  }

  /** From now on none is kept: what is between here and the server does not keep them. */
  forget(): void {
    this.#isOff = true;
    this.#names.clear();
    this.#counts.clear();
  }

  #isOften(text: string): boolean {
    const count = (this.#counts.get(text) ?? 0) + 1;
    if (this.#counts.size >= COUNTED) this.#counts.clear();
    if (count < OFTEN) this.#counts.set(text, count);
    else this.#counts.delete(text);
    return count >= OFTEN;
  }
}

/**
 * A name that no other statement has: behind a pooler, a process may meet on a connection what another
 * process has prepared there, and would run it by a name that both use.
 */
function nameFor(text: string): string {
  return `pq_${createHash("sha256").update(text).digest("hex").slice(0, 40)}`;
}
