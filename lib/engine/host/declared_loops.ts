/**
 * The loops that a worker's `setup` declares by `ctx.loop`.
 *
 * @module
 */

import { unknownOption } from "../../errors/options.ts";
import type { LoopOptions } from "../../worker.ts";
import { WorkerDeclarationError } from "./discovery.ts";

/** The longest time of a loop, in seconds: a timer of the system's has room for no more. */
const LONGEST_SECONDS = 2_000_000;

/** The options of a loop; the compiler checks that none is missing. */
const OPTIONS: ReadonlySet<string> = new Set(
  Object.keys(
    { name: true, everySeconds: true, maxSeconds: true, run: true } satisfies Record<
      keyof LoopOptions,
      true
    >,
  ),
);

/** Takes declarations, and checks them. */
export class DeclaredLoops {
  /** In their order. */
  readonly all: LoopOptions[] = [];
  readonly #queue: string;

  /** @param queue The queue of the worker. */
  constructor(queue: string) {
    this.#queue = queue;
  }

  /**
   * Takes one.
   *
   * @param isSettingUp Whether the worker's `setup` runs.
   * @throws {WorkerDeclarationError} When it does not, or an option is wrong.
   */
  add(loop: LoopOptions, isSettingUp: boolean): void {
    const problem = isSettingUp ? this.#problemOf(loop) : outsideSetup(loop);
    if (problem !== undefined) {
      throw new WorkerDeclarationError(`The worker of ${this.#queue} ${problem}`);
    }
    this.all.push(loop);
  }

  #problemOf(loop: LoopOptions): string | undefined {
    const { name, everySeconds, maxSeconds, run } = loop;
    if (typeof name !== "string" || name === "") return "has a loop without a name: add `name`";
    if (this.all.some((other) => other.name === name)) {
      return `has two loops named ${name}: rename one of them`;
    }
    if (typeof run !== "function") return `has a loop ${name} without \`run(signal)\`: add it`;
    const unknown = unknownOption(loop, OPTIONS);
    if (unknown !== undefined) return `has a loop ${name} that ${unknown}`;
    const times = Object.entries({ everySeconds, maxSeconds });
    const [wrong] = times.filter(([, value]) => !(value > 0 && value <= LONGEST_SECONDS));
    return wrong &&
      `has a loop ${name} with ${wrong[0]} ${wrong[1]}: it must be a number over 0, ` +
        `at most ${LONGEST_SECONDS}`;
  }
}

function outsideSetup({ name }: LoopOptions): string {
  return `called ctx.loop for ${name} outside of setup: declare every loop in \`setup(ctx)\`, ` +
    "before it returns";
}
