/**
 * A subscription among the consumers of its queue in the broker's file.
 *
 * @module
 */

import type { Commits } from "./commits.ts";
import type { Session } from "./session.ts";

/** What a registration needs. */
export interface RegistrationOptions {
  readonly queue: string;
  /** Tells the subscription from the others of this process. */
  readonly number: number;
  readonly commits: Commits;
  /** The file as it is open now. */
  readonly session: () => Session;
}

/** Registers one subscription, in the file that is open now. */
export class Registration {
  readonly #options: RegistrationOptions;
  /** Whether the subscription takes events; asked when the change is written. */
  readonly #isConsuming: () => boolean;
  #opened: Promise<number> | undefined;
  #queueId: number | undefined;
  #wasUp = false;

  /** @param options The queue and its file. @param isConsuming Whether it takes events. */
  constructor(options: RegistrationOptions, isConsuming: () => boolean) {
    this.#options = options;
    this.#isConsuming = isConsuming;
  }

  /** Whether the subscription is registered, or is being registered. */
  get isOpen(): boolean {
    return this.#opened !== undefined;
  }

  /** Whether it has been registered before. */
  get wasUp(): boolean {
    return this.#wasUp;
  }

  /** The queue's id in the file, once it is known. */
  get queueId(): number | undefined {
    return this.#queueId;
  }

  /** Declares the queue and adds the subscription to its consumers. @throws {BrokerError} */
  async open(): Promise<void> {
    const opening = this.#opened ??= this.#add();
    try {
      this.#queueId = await opening;
    } catch (error) {
      if (this.#opened === opening) this.#opened = undefined;
      throw error;
    }
    this.#wasUp = true;
  }

  /** Removes the subscription from the queue's consumers, with one of the next commits. */
  close(): void {
    if (this.#opened) this.#remove();
  }

  /** Forgets the file that was open: another has taken its place. */
  forget(): void {
    this.#opened = this.#queueId = undefined;
  }

  async #add(): Promise<number> {
    const { commits, queue, number, session } = this.#options;
    const current = session();
    const owner = await current.join(commits);
    return await commits.ask(() => {
      const id = current.queues.declare(queue);
      if (this.#isConsuming() && current.isOwner()) current.owners.addConsumer(id, owner, number);
      return id;
    });
  }

  #remove(): void {
    const { commits, queue, number, session } = this.#options;
    const current = session();
    this.#opened = undefined;
    commits.owe(() => {
      const id = current.queues.find(queue);
      if (id === undefined || this.#isConsuming()) return;
      current.owners.removeConsumer(id, current.owner, number);
    });
  }
}
