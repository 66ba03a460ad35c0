/**
 * `queues --watch` on a terminal: shown again and again, and changed by keys.
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";
import type { QueuesCommand } from "../../command_line/process_commands.ts";
import { errorData } from "../../errors/error_data.ts";
import type { Gathered } from "./gather.ts";
import { press, type Size, type WatchAction, watchLines, watchState } from "./watch_state.ts";

/** What watching needs. */
export interface WatchingOptions {
  readonly order: QueuesCommand["sort"];
  readonly seconds: number;
  readonly look: () => Promise<Gathered>;
  /** Pauses or resumes a queue. @returns What came of it. */
  readonly change: (action: Exclude<WatchAction, "end">) => Promise<string>;
  /** Shows lines in place of those before. */
  readonly draw: (lines: readonly string[]) => void;
  readonly size: () => Size;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Watches queues. */
export class Watching {
  readonly #options: WatchingOptions;
  readonly #end = new AbortController();
  readonly #signal: AbortSignal;
  #state;
  #found: Gathered | undefined;

  /** @param options What it needs. */
  constructor(options: WatchingOptions) {
    this.#options = options;
    this.#state = watchState(options.order);
    this.#signal = AbortSignal.any([options.signal, this.#end.signal]);
  }

  /** Takes a key, as `TerminalKeys` names it. */
  readonly onKey = (key: string): void => {
    const { state, action } = press(this.#state, key, this.#found?.reports ?? []);
    this.#state = state;
    if (action === "end") this.#end.abort();
    else if (action) void this.#change(action);
    this.#draw();
  };

  /**
   * Shows what there is until somebody ends it.
   *
   * @returns What was found last.
   * @throws The error of a look.
   */
  async run(): Promise<Gathered | undefined> {
    const ended = new Promise<undefined>((resolve) => {
      this.#signal.addEventListener("abort", () => resolve(undefined), { once: true });
      if (this.#signal.aborted) resolve(undefined);
    });
    while (!this.#signal.aborted) {
      // A look can take long where the broker does not answer.
      const found = await Promise.race([this.#options.look(), ended]);
      if (!found) break;
      this.#found = found;
      this.#draw();
      await delay(this.#options.seconds * 1000, undefined, { signal: this.#signal }).catch(
        () => {},
      );
    }
    return this.#found;
  }

  async #change(action: Exclude<WatchAction, "end">): Promise<void> {
    const notice = await this.#options.change(action).catch((error) => errorData(error).message);
    this.#state = { ...this.#state, notice };
    this.#draw();
  }

  #draw(): void {
    if (this.#signal.aborted || !this.#found) return;
    this.#options.draw(watchLines(this.#found, this.#state, this.#options.size()));
  }
}
