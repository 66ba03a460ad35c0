/**
 * The program with a worker of mails that records a mail as sent before it sends it. The crash suite
 * must notice that. It has to run in the main thread.
 *
 * @module
 */

import {
  type BeginOptions,
  Effects,
  type StepState,
} from "../../../lib/domain/database/effects.ts";

for (const name of ["begin", "takeOver"] as const) {
  const { [name]: real } = Effects.prototype;
  Effects.prototype[name] = async function (
    key: string,
    steps: readonly string[],
    options: BeginOptions,
  ): Promise<readonly StepState[]> {
    const states = await real.call(this, key, steps, options);
    await this.done(key, steps.filter((_, at) => states[at] === "run"));
    return states;
  };
}
await import("../../../main.ts");
