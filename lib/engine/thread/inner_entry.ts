/**
 * The program of an inner thread, which a worker starts by `ctx.thread`: loads a module and calls its
 * function. It can be ended in any state, also by the end of the thread that made it.
 *
 * @module
 */

import { workerData } from "node:worker_threads";
import { errorData, errorFrom } from "../../errors/error_data.ts";
import { LineRing } from "../../log/line_ring.ts";
import { eventLogger } from "../../log/log.ts";
import { importModule } from "../../system/typescript/import_module.ts";
import type { InnerContext } from "../../worker.ts";
import type { FromInner, InnerData, ToInner } from "./inner_messages.ts";
import { Pulse } from "./pulse.ts";
import { beat, handLinesOver, holdWebLock } from "./surroundings.ts";

/** What a thread has; it has no `self`. */
declare const globalThis: {
  postMessage(message: FromInner): void;
  addEventListener: typeof addEventListener;
};

type Run = (input: unknown, ctx: InnerContext) => unknown;

const say = globalThis.postMessage.bind(globalThis);

/** The function of the module, which is called for one input at a time. */
class Caller {
  readonly #data: InnerData;
  #run: Run | undefined;
  #call: AbortController | undefined;

  constructor(data: InnerData) {
    this.#data = data;
  }

  async load(): Promise<void> {
    const { default: run } = await importModule(this.#data.module);
    if (typeof run !== "function") {
      return say(["not loaded", "has no default function: write `export default function`"]);
    }
    this.#run = run as Run;
    say(["loaded"]);
  }

  take(message: ToInner): void {
    if (message[0] === "run") void this.#callWith(message[1]);
    else this.#call?.abort(errorFrom(message[1]));
  }

  async #callWith(input: unknown): Promise<void> {
    const call = this.#call = new AbortController();
    const { queue, workerNum, config } = this.#data;
    const progress = (value: unknown) => {
      if (this.#call === call) say(["progress", value]);
    };
    const log = eventLogger(queue, workerNum);
    try {
      const result = await this.#run?.(input, { signal: call.signal, progress, log, config });
      this.#call = undefined;
      say(["returned", result]);
    } catch (error) {
      this.#call = undefined;
      say(["threw", errorData(error)]);
    }
  }
}

function sayUnhandled(event: Event, error: unknown): void {
  event.preventDefault();
  say(["unhandled error", errorData(error)]);
}

async function main(data: InnerData): Promise<void> {
  await holdWebLock();
  globalThis.addEventListener("error", (event) => sayUnhandled(event, event.error));
  globalThis.addEventListener("unhandledrejection", (event) => sayUnhandled(event, event.reason));
  handLinesOver(new LineRing(data.lines), data.config.log);
  const caller = new Caller(data);
  globalThis.addEventListener("message", (event) => {
    caller.take((event as MessageEvent<ToInner>).data);
  });
  beat(new Pulse(data.pulse), { onHeapFull: () => say(["heap full"]) });
  // Not awaited: a runtime that is ended while its program still starts leaks memory.
  void caller.load().catch((error) => {
    const { name, message } = errorData(error);
    say(["not loaded", `does not load: ${name}: ${message}`]);
  });
}

await main(workerData as InnerData);
