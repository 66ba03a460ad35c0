/**
 * The commands that look at queues and repair them, as commander sees them.
 *
 * @module
 */

import { type Command as Parser, Option } from "commander";
import { UsageError } from "../errors/usage_error.ts";
import type { Common } from "./common.ts";
import type { FailedCommand, PeekCommand, PurgeCommand } from "./repair_commands.ts";
import { type FailedFilter, NO_FILTER } from "./failed_filter.ts";
import {
  ageOption,
  countOption,
  jsonOption,
  numberOption,
  wordOption,
  wordsOption,
} from "./options.ts";

/** Takes a command without its common part, and the subcommand it comes from. */
export type FoundRepair = (
  command: WithoutCommon<FailedCommand | PeekCommand | PurgeCommand>,
  subcommand: Parser,
) => void;

type WithoutCommon<C> = C extends Common ? Omit<C, keyof Common> : never;

const DEFAULT_LIMIT = 100;
const DEFAULT_SCAN = 10_000;
const DEFAULT_PEEK = 10;
const MOST = 1e9;

const EXAMPLES = {
  groups: "failed groups email_senders",
  list: "failed list email_senders --group f3a91c02 --limit 20",
  show: "failed show email_senders 7d1b4c90ab12",
  retry: "failed retry email_senders --group f3a91c02 --rate 20",
  drop: "failed drop email_senders --older-than 30d",
  peek: "peek email_senders --limit 3",
  purge: "purge user_activity --save activity.jsonl",
} as const;

/** Adds `failed` with its subcommands. @param found Called once, while parsing. */
export function addFailed(program: Parser, found: FoundRepair): void {
  const failed = program.command("failed")
    .description("look at events that failed for good (dead letters), put them back, drop them");
  addGroups(failed, found);
  addList(failed, found);
  addShow(failed, found);
  addRetry(program, failed, found);
  addDrop(program, failed, found);
}

function addGroups(failed: Parser, found: FoundRepair): void {
  const groups = looking(failed, "groups", "count the dead letters of a queue by their cause")
    .addOption(jsonOption("print the result as JSON"))
    .addOption(
      numberOption("--scan <number>", "look at the first this many", {
        default: DEFAULT_SCAN,
        most: MOST,
      }),
    );
  groups.action((queue: string) => {
    const { scan = DEFAULT_SCAN } = groups.opts();
    found({ ...shared(groups, queue), action: "groups", scan }, groups);
  });
}

function addList(failed: Parser, found: FoundRepair): void {
  const list = filtering(
    looking(failed, "list", "list the dead letters of a queue, oldest first")
      .addOption(jsonOption("print each as a line of JSON, with its headers and body"))
      .addOption(
        numberOption("--limit <number>", "list at most this many", {
          default: DEFAULT_LIMIT,
          most: 100_000,
        }),
      ),
  );
  list.action((queue: string) => {
    const { limit = DEFAULT_LIMIT } = list.opts();
    const filter = filterOf(list);
    found({ ...shared(list, queue), action: "list", filter, limit }, list);
  });
}

function addShow(failed: Parser, found: FoundRepair): void {
  const show = looking(failed, "show", "print all of one dead letter: error, headers, body")
    .argument("<handle>", "its handle, at least 6 digits of that, or its id")
    .addOption(jsonOption("print it as a line of JSON"))
    .option("--raw", "print the body as it is, with all secrets, and nothing else");
  show.action((queue: string, handle: string) => {
    const { raw = false } = show.opts();
    found({ ...shared(show, queue), action: "show", handle, raw }, show);
  });
}

function addRetry(program: Parser, failed: Parser, found: FoundRepair): void {
  const retry = repairing(failed, "retry", "put dead letters back into their queue")
    .addOption(wordOption("--to <queue>", "put them into this queue instead"))
    .addOption(wordOption("--body <file>", "replace the body of one event by this file's text"))
    .addOption(wordOption("--save <file>", "also write them to this new file"));
  retry.action((queue: string) => {
    const { to, body, save } = retry.opts();
    found(
      { ...sharedRepair(program, retry, queue), action: "retry", to, bodyFile: body, save },
      retry,
    );
  });
}

function addDrop(program: Parser, failed: Parser, found: FoundRepair): void {
  const drop = repairing(failed, "drop", "delete dead letters; they are saved to a file first")
    .addOption(
      wordOption("--save <file>", "the new file (default: in the folder dropped of STATE_DIR)"),
    )
    .option("--no-save", "save nothing: what is dropped is lost");
  drop.action((queue: string) => {
    const { save } = drop.opts();
    found({ ...sharedRepair(program, drop, queue), action: "drop", save: readSave(save) }, drop);
  });
}

/** Adds `peek`. @param found Called once, while parsing. */
export function addPeek(program: Parser, found: FoundRepair): void {
  const peek = looking(program, "peek", "show the first events that wait in a queue")
    .addOption(jsonOption("print each as a line of JSON"))
    .addOption(
      numberOption("--limit <number>", "show at most this many", {
        default: DEFAULT_PEEK,
        most: 1000,
      }),
    );
  peek.action((queue: string) => {
    const { limit = DEFAULT_PEEK } = peek.opts();
    const { json, countsDelivery } = shared(peek, queue);
    found({ mode: "peek", queue, json, countsDelivery, limit }, peek);
  });
}

/** Adds `purge`. @param found Called once, while parsing. */
export function addPurge(program: Parser, found: FoundRepair): void {
  const purge = program.command("purge")
    .description("delete the events that wait in queues")
    .argument("[queues...]", "the queues")
    .addOption(new Option("--all", "all queues that have a worker"))
    .addOption(wordOption("--save <file>", "write the events to this new file first"))
    .option("--include-failed", "also delete the dead letters of these queues")
    .option("--include-retrying", "also delete the events that wait for a retry")
    .option("--yes", "do not ask")
    .addOption(jsonOption("print the result as JSON"))
    .addHelpText("after", exampleOf("purge"));
  purge.action((queues: string[]) => {
    const { save, includeFailed = false, includeRetrying = false, yes = false, json = false } =
      purge.opts();
    const all = program.opts().all === true;
    if (all === queues.length > 0) {
      throw new UsageError("purge needs the names of queues, or --all, and not both");
    }
    if (includeRetrying && save !== undefined) {
      throw new UsageError("--save saves what is ready, so --include-retrying cannot go with it");
    }
    const what = { all, save, includeFailed, includeRetrying };
    found({ mode: "purge", queues, ...what, yes, json }, purge);
  });
}

function exampleOf(name: keyof typeof EXAMPLES): string {
  return `\nExample: process-queue ${EXAMPLES[name]}`;
}

/** A command that looks at the events of one queue. */
function looking(parent: Parser, name: keyof typeof EXAMPLES, description: string): Parser {
  return parent.command(name)
    .description(description)
    .argument("<queue>", "the queue")
    .option("--count-a-delivery", "look also where each look counts as a delivery (quorum queues)")
    .addHelpText("after", exampleOf(name));
}

/** A command that removes events from a queue of dead letters. */
function repairing(failed: Parser, name: "retry" | "drop", description: string): Parser {
  return filtering(looking(failed, name, description))
    .addOption(new Option("--all", "all dead letters"))
    .addOption(countOption("--limit <number>", "at most this many", 1, MOST))
    .addOption(countOption("--rate <number>", "at most this many a second", 1, 1e6))
    .option("--dry-run", "only say how many there are")
    .option("--yes", "do not ask")
    .addOption(jsonOption("print the result as JSON"));
}

/** Adds the options that say which dead letters are meant; all that are given must hold. */
function filtering(command: Parser): Parser {
  return command
    .addOption(wordsOption("--id <handle...>", "with this handle, 6 digits of it, or this id"))
    .addOption(wordsOption("--group <fingerprint...>", "of this group"))
    .addOption(wordsOption("--reason <reason...>", "such as error, invalid or timeout"))
    .addOption(wordOption("--error <text>", "with this in the error's name or message"))
    .addOption(wordOption("--text <text>", "with this in the body"))
    .addOption(ageOption("--older-than <time>", "that failed so long ago, such as 90s or 2d"))
    .addOption(ageOption("--newer-than <time>", "that failed since, such as 15m or 1h"))
    .addOption(countOption("--retried <number>", "put back at most this often", 0, MOST));
}

function filterOf(command: Parser): FailedFilter {
  const { id = [], group = [], reason = [], error, text, olderThan, newerThan, retried } = command
    .opts();
  return { ids: id, groups: group, reasons: reason, error, text, olderThan, newerThan, retried };
}

function shared(command: Parser, queue: string) {
  const { json = false, countADelivery: countsDelivery = false } = command.opts();
  return { mode: "failed", queue, json, countsDelivery } as const;
}

function sharedRepair(program: Parser, command: Parser, queue: string) {
  const { limit, rate, dryRun = false, yes = false } = command.opts();
  const filter = filterOf(command);
  const isFiltered = JSON.stringify(filter) !== JSON.stringify(NO_FILTER);
  // The program has an option of this name, and takes it wherever it stands.
  const all = program.opts().all === true;
  if (all && isFiltered) throw new UsageError("--all means all, so it goes with no filter");
  const bounds = { limit, rate, dryRun, yes };
  return { ...shared(command, queue), filter, isChosen: all || isFiltered, ...bounds };
}

/** `false` for `--no-save`; commander says `true` where neither is given. */
function readSave(save: unknown): string | false | undefined {
  return typeof save === "string" || save === false ? save : undefined;
}
