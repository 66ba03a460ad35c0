/**
 * The commands `email-mirror-server` and `email-mirror-pipe`, as commander sees them.
 *
 * @module
 */

import { type Command as Parser, InvalidArgumentError } from "commander";
import type { ListenAddress, MirrorPipeCommand, MirrorServerCommand } from "./command.ts";
import type { Common } from "./common.ts";
import { option } from "./options.ts";

/** Takes a command without its common part, and the subcommand it comes from. */
export type FoundMirror = (
  command: Omit<MirrorServerCommand, keyof Common> | Omit<MirrorPipeCommand, keyof Common>,
  subcommand: Parser,
) => void;

const HIGHEST_PORT = 65_535;
/** Only programs of this machine reach it; mail servers listen on 25. */
const DEFAULT_LISTEN: ListenAddress = { host: "127.0.0.1", port: 2525 };

/** Adds both. @param found Called once, while parsing. */
export function addMirror(program: Parser, found: FoundMirror): void {
  addServer(program, found);
  const pipe = program.command("email-mirror-pipe")
    .description(
      "take one mail on the standard input, as Postfix's pipe hands it over; exits as sysexits.h says",
    )
    .argument("<recipient>", "the address that the mail is for");
  pipe.action((recipient: string) => found({ mode: "email-mirror-pipe", recipient }, pipe));
}

function addServer(program: Parser, found: FoundMirror): void {
  const server = program.command("email-mirror-server")
    .description(
      "take mails by SMTP for the queue email_mirror, as Zulip's email_server; put Postfix before it",
    )
    .addOption(
      option(
        "--listen <host:port>",
        "where to listen (default: 127.0.0.1:2525); an IPv6 address as in [::1]:2525",
        listenAddress,
      ),
    );
  server.action(() => {
    const { listen = DEFAULT_LISTEN } = server.opts<{ listen?: ListenAddress }>();
    found({ mode: "email-mirror-server", listen }, server);
  });
}

function listenAddress(text: string, previous?: ListenAddress): ListenAddress {
  if (previous !== undefined) throw new InvalidArgumentError("It is given more than once.");
  const [, inBrackets, plain, digits = ""] = /^(?:\[([0-9A-Fa-f:.]+)\]|([\w.-]+)):(\d{1,5})$/
    .exec(text) ?? [];
  const host = inBrackets ?? plain;
  const port = Number(digits);
  if (host !== undefined && port <= HIGHEST_PORT) return { host, port };
  throw new InvalidArgumentError("It must be a host and a port, such as 127.0.0.1:2525.");
}
