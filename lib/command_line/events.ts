/**
 * The command `events`, as commander sees it.
 *
 * @module
 */

import type { Command as Parser } from "commander";
import type { EventsCommand } from "./command.ts";
import { portOption, wordOption } from "./options.ts";

const HOST = "127.0.0.1";
/** Zulip's. */
const PORT = 9800;

/** Takes the command that was parsed, without what all commands have. */
type Found = (command: Omit<EventsCommand, "flags" | "warnings">, subcommand: Parser) => void;

/** Adds the command. */
export function addEvents(program: Parser, found: Found): void {
  const events = program.command("events")
    .description(
      "serve the events of Zulip's clients: consume notify_tornado, and answer the requests for " +
        "/api/v1/register and /api/v1/events; not for browsers",
    )
    .addOption(portOption("--port <port>", `listen on this port; 0 for any (default: ${PORT})`, 0))
    .addOption(wordOption("--host <address>", `listen on this address (default: ${HOST})`))
    .addOption(
      portOption(
        "--shard-port <port>",
        "as one of several servers: consume notify_tornado_port_<port>, and serve the users whom " +
          "SHARDING_FILE gives this port; --port is the same if not given",
        1,
      ),
    );
  events.action(() => {
    const { port, host = HOST, shardPort } = events.opts();
    found({ mode: "events", host, port: port ?? shardPort ?? PORT, shardPort }, events);
  });
}
