/**
 * Runs files of tests and prints what came of them.
 *
 * @module
 */

import { failure, judge, type Outcome } from "./counts.ts";
import { runDeno, type RunOptions } from "./deno_test.ts";
import { failuresIn, fileLine, type FileResult, Output } from "./output.ts";

/** Runs `deno test` in an environment, until a signal interrupts it. */
export class Runner {
  readonly #env: Readonly<Record<string, string>>;
  readonly #files: FileResult[] = [];
  readonly #interrupted: Promise<Deno.Signal>;
  #interruptedBy: Deno.Signal | undefined;

  /** @param env The whole environment. @param interrupted Ends all runs when it resolves. */
  constructor(env: Readonly<Record<string, string>>, interrupted: Promise<Deno.Signal>) {
    this.#env = env;
    this.#interrupted = interrupted;
    void interrupted.then((signal) => this.#interruptedBy = signal);
  }

  /** The files that have been run. */
  get files(): readonly FileResult[] {
    return this.#files;
  }

  /** Checks the types of everything. */
  async checkTypes(): Promise<Outcome> {
    const errors = new Output();
    const add = (bytes: Uint8Array) => errors.add(bytes, 0);
    const { code } = await runDeno(["check", "--quiet"], this.#options({}, add, add));
    if (code === 0) return { counts: { passed: 0, failed: 0, skipped: 0 } };
    console.log(errors.text);
    return failure("deno check failed: see its message above");
  }

  /** Runs `deno test` and shows all that it prints. @param env What to add to the environment. */
  async show(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Outcome> {
    const output = new Output();
    const onOutput = (bytes: Uint8Array) => {
      output.add(bytes, 0);
      writeAll(Deno.stdout, bytes);
    };
    const onError = (bytes: Uint8Array) => writeAll(Deno.stderr, bytes);
    const ending = await runDeno(["test", "-A", ...args], this.#options(env, onOutput, onError));
    return ending.interruptedBy ? interrupted(ending.interruptedBy) : judge(output.text, ending);
  }

  /**
   * Runs files whose types are checked, and prints a line for each, and the failures in full.
   *
   * @param options Further arguments of `deno test`.
   * @param env What to add to the environment.
   */
  async run(
    files: readonly string[],
    options: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<Outcome> {
    if (this.#interruptedBy) return interrupted(this.#interruptedBy);
    const [output, errors] = [new Output(performance.now()), new Output()];
    const args = [...options.filter((option) => option !== "--no-check"), ...files];
    const ending = await runDeno(
      ["test", "-A", "--no-check", ...args],
      this.#options(
        env,
        (bytes) => output.add(bytes, performance.now()),
        (bytes) => errors.add(bytes, 0),
      ),
    );
    if (ending.interruptedBy) return interrupted(ending.interruptedBy);
    const outcome = judge(output.text, ending);
    this.#print(files, output, errors, outcome);
    return outcome;
  }

  #print(files: readonly string[], output: Output, errors: Output, outcome: Outcome): void {
    const results = output.files(performance.now());
    this.#files.push(...results);
    for (const result of results) console.log(fileLine(result));
    const silent = files.filter((file) => !results.some((result) => result.file === file));
    if (silent.length > 0) console.log(`no test was run of ${silent.join(", ")}`);
    if (outcome.counts.failed === 0) return;
    console.log(`\n${failuresIn(output.text)}\n${errors.text}`);
    if (outcome.problem) console.log(`${files.join(", ")}: ${outcome.problem}`);
  }

  #options(
    env: Readonly<Record<string, string>>,
    onOutput: (bytes: Uint8Array) => void,
    onError: (bytes: Uint8Array) => void,
  ): RunOptions {
    return {
      env: { ...this.#env, ...env },
      interrupted: this.#interrupted,
      onOutput,
      onError,
    };
  }
}

function interrupted(signal: Deno.Signal): Outcome {
  return failure(`${signal} ended the tests`);
}

function writeAll(stream: { writeSync(bytes: Uint8Array): number }, bytes: Uint8Array): void {
  for (let from = 0; from < bytes.length;) from += stream.writeSync(bytes.subarray(from));
}
