/**
 * The operator's side of a process that runs queues: what it says about itself, pauses, and the
 * doors through which it is asked.
 *
 * @module
 */

import { Doors } from "./doors.ts";
import { Pauses } from "./pauses.ts";
import { ProcessFacts, type ProcessFactsOptions } from "./process_facts.ts";
import { RunControl, type RunControlOptions } from "./run_control.ts";

/** What an {@linkcode Operator} works on. */
export type OperatorOptions =
  & ProcessFactsOptions
  & Omit<RunControlOptions, "facts" | "pauses">;

/** Serves the operator of a process. */
export class Operator implements AsyncDisposable {
  /** What the process knows of itself. */
  readonly facts: ProcessFacts;
  readonly #options: OperatorOptions;
  readonly #pauses: Pauses;
  #doors: Promise<Doors> | undefined;

  /** @param options The process. */
  constructor(options: OperatorOptions) {
    this.#options = options;
    this.facts = new ProcessFacts(options);
    this.#pauses = new Pauses(options.config.stateDir);
  }

  /** Pauses what was paused before, and opens the doors. */
  begin(): void {
    this.#pauses.restore(this.#options.queues.all);
    const { facts } = this;
    const control = new RunControl({ ...this.#options, facts, pauses: this.#pauses });
    this.#doors = Doors.open({ config: this.#options.config, control, facts });
  }

  /** Does what is due, a few times a second. @param now `performance.now()` */
  sweep(now: number): void {
    this.facts.sweep(now);
    this.#pauses.sweep(this.#options.queues.all, Date.now());
  }

  /** Closes the doors. */
  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#doors)?.[Symbol.asyncDispose]();
  }
}
