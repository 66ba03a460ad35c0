/**
 * The operator's side of a process that runs queues: what it says about itself, pauses, and the
 * doors through which it is asked.
 *
 * @module
 */

import { within } from "../../system/deadline.ts";
import { Doors } from "./doors.ts";
import { Pauses } from "./pauses.ts";
import { ProcessFacts, type ProcessFactsOptions } from "./process_facts.ts";
import { RunControl, type RunControlOptions } from "./run_control.ts";

/** What an {@linkcode Operator} works on. */
export type OperatorOptions =
  & ProcessFactsOptions
  & Omit<RunControlOptions, "facts" | "pauses">;

/** How long a broker that is away keeps the doors closed, in ms. */
const DOORS_MS = 1000;

/** Serves the operator of a process. */
export class Operator implements AsyncDisposable {
  /** What the process knows of itself. */
  readonly facts: ProcessFacts;
  readonly #options: OperatorOptions;
  readonly #pauses: Pauses;
  readonly #mayOpen = Promise.withResolvers<void>();
  #doors: Promise<Doors | undefined> | undefined;
  #isOver = false;

  /** @param options The process. */
  constructor(options: OperatorOptions) {
    this.#options = options;
    this.facts = new ProcessFacts(options);
    this.#pauses = new Pauses(options.config.stateDir);
  }

  /** Pauses what was paused before. The doors open when they may, and in a second at the latest. */
  begin(): void {
    this.#pauses.restore(this.#options.queues.all);
    const { facts } = this;
    const control = new RunControl({ ...this.#options, facts, pauses: this.#pauses });
    this.#doors = within(DOORS_MS, this.#mayOpen.promise).then(() => {
      if (this.#isOver || this.facts.isStopping) return undefined;
      return Doors.open({ config: this.#options.config, control, facts });
    });
  }

  /** Has the doors open now, as the queues start: to load them takes time that the start needs. */
  open(): void {
    this.#mayOpen.resolve();
  }

  /** Resolves when the doors are open, or cannot be opened. */
  async opened(): Promise<void> {
    await this.#doors;
  }

  /** Does what is due, a few times a second. @param now `performance.now()` */
  sweep(now: number): void {
    this.facts.sweep(now);
    this.#pauses.sweep(this.#options.queues.all, Date.now());
  }

  /** Closes the doors. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    this.open();
    await (await this.#doors)?.[Symbol.asyncDispose]();
  }
}
