/**
 * The processes that faults are made in.
 *
 * @module
 */

import { Service, type ServiceOptions } from "./service.ts";

/** What all processes of a deployment have in common. */
export interface ProcessesOptions extends Pick<ServiceOptions, "env" | "folder"> {
  /** The module that they run. */
  readonly main: string;
  /** The arguments of each, by its name. */
  readonly args: Readonly<Record<string, readonly string[]>>;
}

/** Several processes of the program. */
export class Processes implements AsyncDisposable {
  readonly services: readonly Service[];
  readonly #folder: string;

  /** Nothing runs yet. */
  constructor({ main, args, env, folder }: ProcessesOptions) {
    this.#folder = folder;
    this.services = Object.entries(args).map(([name, own]) =>
      new Service({ name, args: ["run", "-A", "--quiet", main, ...own], env, folder })
    );
  }

  /** Starts them, also after they were stopped. */
  start(): void {
    for (const service of this.services) service.start();
  }

  /** Ends them by SIGTERM. */
  async stop(): Promise<void> {
    await Promise.all(this.services.map((service) => service.stop()));
  }

  /** Descriptions of what went wrong. */
  get problems(): string[] {
    return this.services.flatMap(({ problems }) => problems);
  }

  /** All that they have logged. */
  logs(): string {
    return this.services.map(({ name }) => Deno.readTextFileSync(`${this.#folder}/${name}.log`))
      .join("\n");
  }

  /** Kills them. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.services.map((service) => service[Symbol.asyncDispose]()));
  }
}
