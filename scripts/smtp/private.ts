/**
 * A private SMTP server of npm's smtp-server, in a process of its own, that can be scripted, killed,
 * frozen and restarted on the same ports.
 *
 * @module
 */

import { accepts, Daemon, freePort, removeFolder, waitUntil } from "../private_server.ts";
import { makeCertificates } from "../rabbitmq/certificates.ts";
import type { ReceivedMail, SmtpPorts, SmtpScript } from "./script.ts";

export type { ReceivedMail, SmtpPorts, SmtpScript };

/** How long the server may take to start, in ms. */
const START_MS = 30_000;

/** A server that runs. Disposing it kills it and removes its files. */
export class PrivateSmtp implements AsyncDisposable {
  /** PEM of the certificate authority that signed the server's certificate for 127.0.0.1. */
  readonly ca: string;
  /** The file with {@linkcode ca}. */
  readonly caFile: string;
  /** Where it listens. */
  readonly ports: SmtpPorts;
  readonly #folder: string;
  #process: Daemon | undefined;

  /** Use {@linkcode PrivateSmtp.start}. */
  constructor(folder: string, ports: SmtpPorts) {
    this.#folder = folder;
    this.ports = ports;
    this.caFile = `${folder}/ca.pem`;
    this.ca = Deno.readTextFileSync(this.caFile);
  }

  /** Starts one on free ports. */
  static async start<Server extends PrivateSmtp>(
    this: new (folder: string, ports: SmtpPorts) => Server,
  ): Promise<Server> {
    const folder = await Deno.makeTempDir({ prefix: "process-queue-smtp-" });
    await makeCertificates(folder, Deno.env.toObject());
    const ports = { startTls: freePort(), tls: freePort(), plain: freePort() };
    const server = new this(folder, ports);
    server.script({});
    await server.start();
    return server;
  }

  /** Starts it, where it was killed, and waits until it accepts connections. */
  async start(): Promise<void> {
    const program = `${import.meta.dirname}/server.ts`;
    const args = ["run", "-A", "--quiet", program, this.#folder, JSON.stringify(this.ports)];
    const started = Daemon.spawn(Deno.execPath(), args, `${this.#folder}/log`, {
      env: Deno.env.toObject(),
    });
    this.#process = started;
    const ready = async () => {
      started.assertRunning();
      const all = await Promise.all(Object.values(this.ports).map(accepts));
      return all.every((isReady) => isReady);
    };
    await waitUntil(ready, START_MS);
  }

  /** Tells it how to answer from now on, on connections that are open too. */
  script(script: SmtpScript): void {
    const part = `${this.#folder}/script.part`;
    Deno.writeTextFileSync(part, JSON.stringify(script));
    Deno.renameSync(part, `${this.#folder}/script.json`);
  }

  /** The mails that it has got since {@linkcode forget}, the oldest first. */
  received(): ReceivedMail[] {
    return this.names().map((name) =>
      JSON.parse(Deno.readTextFileSync(`${this.#folder}/mails/${name}`))
    );
  }

  /** The names of these mails: each begins with the ms since 1970 at which it came. */
  names(): string[] {
    return Array.from(Deno.readDirSync(`${this.#folder}/mails`), ({ name }) => name).sort();
  }

  /** Takes every mail again, and forgets what it has got. */
  forget(): void {
    this.script({});
    for (const name of this.names()) Deno.removeSync(`${this.#folder}/mails/${name}`);
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
      throw new Error(`The SMTP server does not run: ${this.#process?.output()}`, { cause: error });
    }
  }

  /** Kills it and removes its files. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await removeFolder(this.#folder);
  }
}

/** The value of a header as it stands in the mail, unfolded; undefined where there is none. */
export function rawHeader({ raw }: ReceivedMail, name: string): string | undefined {
  const [head = ""] = raw.split("\r\n\r\n");
  const lines = head.replace(/\r\n(?=[ \t])/g, "").split("\r\n");
  const start = `${name.toLowerCase()}:`;
  return lines.find((line) => line.toLowerCase().startsWith(start))?.slice(start.length).trim();
}
