/**
 * An SMTP server for development on 127.0.0.1, which takes every mail and sends none on. It prints
 * the subject, the sender, the recipients and the links of each; Ctrl-C ends it:
 *
 *     deno task smtp [--port 1025] [--dir FOLDER]
 *
 * With `--dir` it also writes each mail to a file `.eml`, which mail programs open.
 *
 * @module
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from "smtp-server";
import { SMTP_PORT } from "../lib/modes/seed/env_file.ts";
import { signalled } from "./private_server.ts";
import { mailLines } from "./smtp/mail.ts";
import { orUsage } from "./usage.ts";

const USAGE = `usage: deno task smtp [--port ${SMTP_PORT}] [--dir FOLDER]`;
const HIGHEST_PORT = 65_535;

interface Options {
  /** 0 for a free one. */
  readonly port: number;
  /** The folder for the mails; `undefined`: they are not kept. */
  readonly dir: string | undefined;
}

async function main(): Promise<void> {
  const options = orUsage(USAGE, readOptions);
  if (options.dir !== undefined) makeFolder(options.dir);
  using ending = signalled();
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS", "AUTH"],
    disableReverseLookup: true,
    logger: false,
    onData(stream, session, done) {
      receive(stream, session, options).then(() => done(), done);
    },
  });
  const port = await listen(server, options.port);
  console.log(`Takes mails on 127.0.0.1:${port}: EMAIL_HOST=127.0.0.1 EMAIL_PORT=${port}`);
  console.log("Ctrl-C ends it.");
  await ending.received;
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: { port: { type: "string", default: `${SMTP_PORT}` }, dir: { type: "string" } },
  });
  const port = /^\d{1,5}$/.test(values.port) ? Number(values.port) : -1;
  if (port >= 0 && port <= HIGHEST_PORT) return { port, dir: values.dir };
  throw new TypeError(
    `--port is ${values.port}: it must be a whole number from 0 to ${HIGHEST_PORT}`,
  );
}

/** Ends the script with 2 when there cannot be such a folder. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    console.error(
      `The folder ${path} cannot be made (${code ?? message}): give another --dir`,
    );
    Deno.exit(2);
  }
}

/** @returns The port. */
function listen(server: SMTPServer, port: number): Promise<number> {
  return new Promise((resolve) => {
    server.on("error", (error: Error & { code?: string }) => {
      if (error.code !== "EADDRINUSE") return console.error(error.message);
      console.error(
        `Port ${port} of 127.0.0.1 is in use: end what uses it, or give another --port`,
      );
      Deno.exit(1);
    });
    server.listen(port, "127.0.0.1", () => {
      const address = server.server.address();
      resolve(typeof address === "object" ? address?.port ?? port : port);
    });
  });
}

let count = 0;

async function receive(
  stream: SMTPServerDataStream,
  { envelope }: SMTPServerSession,
  { dir }: Options,
): Promise<void> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  const raw = Buffer.concat(chunks);
  const recipients = envelope.rcptTo.map(({ address }) => address);
  const lines = await mailLines(raw, { recipients });
  if (dir !== undefined) {
    const file = join(dir, `${Date.now()}-${String(++count).padStart(4, "0")}.eml`);
    writeFileSync(file, raw);
    lines.push(`  ${file}`);
  }
  console.log(`\n${lines.join("\n")}`);
}

if (import.meta.main) await main();
