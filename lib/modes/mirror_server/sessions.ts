/**
 * What the server knows of the sessions that are open.
 *
 * @module
 */

interface Session {
  /** Recipients that were refused. */
  refused: number;
  /** Whether its mail is being received or delivered. */
  isReceiving: boolean;
  /** Whether it ends with its mail. */
  isOver: boolean;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** The sessions by id. */
export class Sessions {
  readonly #sessions = new Map<string, Session>();
  readonly #ms: number;
  readonly #onOver: (id: string) => void;
  #onLast: () => void = () => {};

  /**
   * @param ms How long a session lasts at most.
   * @param onOver Called when it has lasted so long; while it sends a mail, after that.
   */
  constructor(ms: number, onOver: (id: string) => void) {
    this.#ms = ms;
    this.#onOver = onOver;
  }

  /** A session begins. */
  open(id: string): void {
    const timer = setTimeout(() => this.#over(id), this.#ms);
    this.#sessions.set(id, { refused: 0, isReceiving: false, isOver: false, timer });
  }

  /** It has ended. */
  close(id: string): void {
    clearTimeout(this.#sessions.get(id)?.timer);
    this.#sessions.delete(id);
    if (this.#sessions.size === 0) this.#onLast();
  }

  /** Resolves when none is open. */
  async ended(): Promise<void> {
    if (this.#sessions.size === 0) return;
    await new Promise<void>((resolve) => this.#onLast = resolve);
  }

  /** A recipient was refused. @returns How many of the session were. */
  refuse(id: string): number {
    const session = this.#sessions.get(id);
    return session ? ++session.refused : 0;
  }

  /** Its mail begins, or is answered. */
  receive(id: string, isReceiving: boolean): void {
    const session = this.#sessions.get(id);
    if (!session) return;
    session.isReceiving = isReceiving;
    if (session.isOver && !isReceiving) this.#onOver(id);
  }

  /** Whether its mail is being received or delivered. */
  isReceiving(id: string): boolean {
    return this.#sessions.get(id)?.isReceiving ?? false;
  }

  #over(id: string): void {
    const session = this.#sessions.get(id);
    if (!session) return;
    session.isOver = true;
    if (!session.isReceiving) this.#onOver(id);
  }
}
