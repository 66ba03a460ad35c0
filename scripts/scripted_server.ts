/**
 * What the private servers have in common that this repository has written: each runs in a process
 * of its own, answers as its script says, and can be killed, frozen and restarted on the same ports.
 *
 * @module
 */

import { accepts, Daemon, removeFolder, waitUntil } from "./private_server.ts";

/** How long a server may take to start, in ms. */
const START_MS = 30_000;

/** Which server it is. */
export interface ScriptedServerOptions {
  /** What its messages call it: `SMTP server`. */
  readonly name: string;
  /** Its program, which gets the folder and the ports as JSON. */
  readonly program: string;
  /** The folder with its certificates, its script and what it has got. */
  readonly folder: string;
}

/** A server that runs. Disposing it kills it and removes its files. */
export class ScriptedServer<Ports extends object> implements AsyncDisposable {
  /** Where it listens. */
  readonly ports: Ports;
  /** The file with {@linkcode ca}. */
  readonly caFile: string;
  /** PEM of the certificate authority that signed the server's certificate for 127.0.0.1. */
  readonly ca: string;
  readonly #name: string;
  readonly #program: string;
  /** The folder of {@linkcode ScriptedServerOptions}. */
  protected readonly folder: string;
  #process: Daemon | undefined;

  /** @param options Which server it is; its folder has `ca.pem`. */
  constructor({ name, program, folder }: ScriptedServerOptions, ports: Ports) {
    this.#name = name;
    this.#program = program;
    this.folder = folder;
    this.ports = ports;
    this.caFile = `${folder}/ca.pem`;
    this.ca = Deno.readTextFileSync(this.caFile);
  }

  /** Starts it, where it was killed, and waits until it accepts connections. */
  async start(): Promise<void> {
    const args = ["run", "-A", "--quiet", this.#program, this.folder, JSON.stringify(this.ports)];
    const env = Deno.env.toObject();
    const started = Daemon.spawn(Deno.execPath(), args, `${this.folder}/log`, { env });
    this.#process = started;
    const ready = async () => {
      started.assertRunning();
      const all = await Promise.all(Object.values(this.ports).map(accepts));
      return all.every((isReady) => isReady);
    };
    await waitUntil(ready, START_MS);
  }

  /** Writes its script, which holds from now on, on connections that are open too. */
  protected writeScript(script: unknown): void {
    const part = `${this.folder}/script.part`;
    Deno.writeTextFileSync(part, JSON.stringify(script));
    Deno.renameSync(part, `${this.folder}/script.json`);
  }

  /** Stops it from doing anything: connections stay open. */
  freeze(): void {
    this.#process?.signal("SIGSTOP");
  }

  /** Ends {@linkcode freeze}. */
  thaw(): void {
    this.#process?.signal("SIGCONT");
  }

  /** Kills it: its connections are cut. */
  async kill(): Promise<void> {
    await this.#process?.end("SIGKILL");
    this.#process = undefined;
  }

  /** @throws {Error} With its output, when it has ended by itself. */
  assertRunning(): void {
    try {
      this.#process?.assertRunning();
    } catch (error) {
      throw new Error(`The ${this.#name} does not run: ${this.output()}`, { cause: error });
    }
  }

  /** The last lines that it printed. */
  output(): string {
    return this.#process?.output() ?? "";
  }

  /** Kills it and removes its files. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await removeFolder(this.folder);
  }
}
