/**
 * This process among the owners of the broker's file, and the owners whose process has ended.
 *
 * @module
 */

import type { Commits } from "./commits.ts";
import { isFree, LifeLock, removeFree } from "./lock.ts";
import type { OwnerRow, Owners } from "./owners.ts";

/** An owner, alive for as long as it holds its lock. */
export class Membership {
  readonly #folder: string;
  readonly #owners: Owners;
  #id = 0;
  #lock: LifeLock | undefined;
  #joined: Promise<number> | undefined;

  /** @param folder The folder of the lock files. @param owners The owners in the file. */
  constructor(folder: string, owners: Owners) {
    this.#folder = folder;
    this.#owners = owners;
  }

  /** This owner's id in the file; 0 before {@linkcode Membership.join}. */
  get id(): number {
    return this.#id;
  }

  /**
   * Makes this process an owner. @returns Its id.
   *
   * @throws {Error} The error of the file system, or of the transaction.
   */
  async join(commits: Commits): Promise<number> {
    const { name } = this.#lock ??= LifeLock.create(this.#folder);
    this.#joined ??= commits.ask(() => this.#owners.add(name));
    try {
      return this.#id = await this.#joined;
    } catch (error) {
      this.#joined = undefined;
      throw error;
    }
  }

  /** Whether other processes have taken this owner for dead and removed it from the file. */
  isTakenForDead(): boolean {
    return this.#id !== 0 && !this.#owners.has(this.#id);
  }

  /** The other owners whose process has ended. */
  dead(): OwnerRow[] {
    const others = this.#owners.all().filter(({ id }) => id !== this.#id);
    return others.filter(({ lock }) => isFree(this.#folder, lock));
  }

  /** Removes the lock files of owners that are gone. */
  removeLockFiles(): void {
    const known = new Set(this.#owners.all().map(({ lock }) => lock));
    removeFree(this.#folder, (name) => known.has(name));
  }

  /** Releases the lock. @param isRemoved Whether this owner was removed from the file. */
  end(isRemoved: boolean): void {
    if (isRemoved) this.#lock?.[Symbol.dispose]();
    else this.#lock?.abandon();
  }
}
