/**
 * A private SMTP server of npm's smtp-server, in a process of its own, that can be scripted, killed,
 * frozen and restarted on the same ports.
 *
 * @module
 */

import { freePort } from "../private_server.ts";
import { makeCertificates } from "../rabbitmq/certificates.ts";
import { ScriptedServer } from "../scripted_server.ts";
import type { ReceivedMail, SmtpPorts, SmtpScript } from "./script.ts";

export type { ReceivedMail, SmtpPorts, SmtpScript };

/** A server that runs. Disposing it kills it and removes its files. */
export class PrivateSmtp extends ScriptedServer<SmtpPorts> {
  /** Use {@linkcode PrivateSmtp.start}. */
  constructor(folder: string, ports: SmtpPorts) {
    super({ name: "SMTP server", program: `${import.meta.dirname}/server.ts`, folder }, ports);
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

  /** Tells it how to answer from now on, on connections that are open too. */
  script(script: SmtpScript): void {
    this.writeScript(script);
  }

  /** The mails that it has got since {@linkcode forget}, the oldest first. */
  received(): ReceivedMail[] {
    return this.names().map((name) =>
      JSON.parse(Deno.readTextFileSync(`${this.folder}/mails/${name}`))
    );
  }

  /** The names of these mails: each begins with the ms since 1970 at which it came. */
  names(): string[] {
    return Array.from(Deno.readDirSync(`${this.folder}/mails`), ({ name }) => name).sort();
  }

  /** Takes every mail again, and forgets what it has got. */
  forget(): void {
    this.script({});
    for (const name of this.names()) Deno.removeSync(`${this.folder}/mails/${name}`);
  }
}

/** The value of a header as it stands in the mail, unfolded; undefined where there is none. */
export function rawHeader({ raw }: ReceivedMail, name: string): string | undefined {
  const [head = ""] = raw.split("\r\n\r\n");
  const lines = head.replace(/\r\n(?=[ \t])/g, "").split("\r\n");
  const start = `${name.toLowerCase()}:`;
  return lines.find((line) => line.toLowerCase().startsWith(start))?.slice(start.length).trim();
}
