/**
 * The commands, one type for each mode.
 *
 * @module
 */

import type { Common } from "./common.ts";
import type { Shell } from "./completion/scripts.ts";
import type {
  ChangeCommand,
  CheckCommand,
  DoctorCommand,
  HealthCommand,
  LogLevelCommand,
  QueuesCommand,
  StatusCommand,
} from "./process_commands.ts";
import type { FailedCommand, PeekCommand, PurgeCommand } from "./repair_commands.ts";

/** Print a text: `--help`, `--version`. */
export interface TextCommand {
  readonly mode: "help" | "version";
  /** The text, with its last newline. */
  readonly text: string;
}

/** Which queues to run. */
export type QueueSelection =
  /** `--queue_name Q --worker_num N`; the number is 0 by default. */
  | { readonly kind: "one"; readonly queue: string; readonly workerNum: number }
  /** `--multi_threaded Q1 Q2 …`; with `--skip-unknown` those without a worker are left out. */
  | { readonly kind: "several"; readonly queues: readonly string[]; readonly skipUnknown: boolean }
  /** `--all`, without those of `--except Q1 Q2 …`. */
  | { readonly kind: "all"; readonly except: readonly string[] }
  /** None is named: the error names all there are, which needs the configuration. */
  | { readonly kind: "none" };

/** Run queue workers. */
export interface RunCommand extends Common {
  readonly mode: "run";
  readonly queues: QueueSelection;
  /** Run the worker in the main thread. */
  readonly inline: boolean;
  /** End when the queue is empty. */
  readonly drain: boolean;
  /** Run in a child process, which is restarted when a file changes. */
  readonly watch: boolean;
  /** Run only if no other process holds this file's lock. */
  readonly lock: string | undefined;
  /** End when a queue is parked, with exit code 3. */
  readonly exitWhenParked: boolean;
  /** End after this many events; for one queue only. */
  readonly maxEvents: number | undefined;
  /** End after this many seconds. */
  readonly maxSeconds: number | undefined;
}

/** Publish events. */
export interface PublishCommand extends Common {
  readonly mode: "publish";
  readonly queue: string;
  /** One event as JSON; `undefined`: read them from the standard input. */
  readonly event: string | undefined;
  /** The file of events that were removed from a queue, to be published again. */
  readonly from: string | undefined;
  /** Publish to a queue that has no worker, too. */
  readonly anyQueue: boolean;
  /** Seconds until the events may run. @default {0, at once} */
  readonly delaySeconds?: number;
  /** The most events that wait for their confirmation at once. */
  readonly window: number;
}

/** Bring the database to the newest schema. */
export interface MigrateCommand extends Common {
  readonly mode: "migrate";
}

/** Write the modules that workers import into their folder. */
export interface TypesCommand extends Common {
  readonly mode: "types";
  readonly folder: string;
}

/** Make a folder with a worker and its test. */
export interface NewCommand extends Common {
  readonly mode: "new";
  readonly folder: string;
}

/** Fill a database of the program's own with organizations to try things with. */
export interface SeedCommand extends Common {
  readonly mode: "seed";
  /** The settings file to write; `undefined`: none. */
  readonly envFile: string | undefined;
}

/** Show the configuration and check what it leads to. */
export interface CheckConfigCommand extends Common {
  readonly mode: "check-config";
  readonly json: boolean;
}

/** Copy what can be read of a damaged file of the embedded broker. */
export interface RecoverCommand extends Common {
  readonly mode: "recover";
  /** The damaged file. */
  readonly from: string;
  /** The new file. */
  readonly to: string;
}

/** Show a mail, or list the templates. */
export interface MailPreviewCommand extends Common {
  readonly mode: "mail";
  readonly action: "preview";
  /** `undefined`: list the templates. */
  readonly template: string | undefined;
  /** `undefined`: the server's. */
  readonly language: string | undefined;
  /** The context as JSON, or `@` and the path of a file with it; `undefined`: a sample. */
  readonly json: string | undefined;
  /** `undefined`: the template's first. */
  readonly sample: string | undefined;
  /** `undefined`: subject and text. */
  readonly format: MailFormat | undefined;
}

/** The part of a mail to print. */
export type MailFormat = "html" | "text" | "subject";

/** Send one mail, to see whether the settings of mail work. */
export interface MailTestCommand extends Common {
  readonly mode: "mail";
  readonly action: "test";
  /** The recipient. */
  readonly address: string;
  /** `undefined`: a text of the command's own. */
  readonly template: string | undefined;
  /** `undefined`: the server's. */
  readonly language: string | undefined;
}

/** A command about mail. */
export type MailCommand = MailPreviewCommand | MailTestCommand;

/** Push to a user's devices, to see whether the settings of pushes work. */
export interface PushTestCommand extends Common {
  readonly mode: "push";
  readonly action: "test";
  /** The user's id or address. */
  readonly user: string;
}

/** Publish the mails that Zulip has written down for later, when they are due. */
export interface DeliverScheduledCommand extends Common {
  readonly mode: "deliver-scheduled-emails";
  /** Deliver what is due, and end. */
  readonly once: boolean;
  /** Run only if no other process holds this file's lock. */
  readonly lock: string | undefined;
}

/** Publish the events of the digests of today. */
export interface EnqueueDigestsCommand extends Common {
  readonly mode: "enqueue-digest-emails";
  /** Print who gets one and why others do not, and publish nothing. */
  readonly dryRun: boolean;
}

/** Where a server listens. */
export interface ListenAddress {
  /** A name or an IP address. */
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
}

/** Take mails by SMTP for the queue `email_mirror`. */
export interface MirrorServerCommand extends Common {
  readonly mode: "email-mirror-server";
  readonly listen: ListenAddress;
}

/** Take one mail on the standard input for the queue `email_mirror`. */
export interface MirrorPipeCommand extends Common {
  readonly mode: "email-mirror-pipe";
  /** `local@domain`. */
  readonly recipient: string;
}

/** Serve the events of Zulip's clients. */
export interface EventsCommand extends Common {
  readonly mode: "events";
  /** The address to listen on. */
  readonly host: string;
  /** The port to listen on; 0 for any that is free. */
  readonly port: number;
  /** The port by which others know this server, where it is one of several. */
  readonly shardPort: number | undefined;
}

/** Print the script of a shell, or what may come next on a command line. */
export interface CompletionCommand extends Common {
  readonly mode: "completion";
  readonly shell: Shell;
  /** The words behind the name of the program, the last to be completed; empty: the script. */
  readonly words: readonly string[];
}

/** Print the page of the manual. */
export interface ManualCommand extends Common {
  readonly mode: "manual";
}

/** Serve the dashboard. Its address is a setting, `HTTP`. */
export interface DashboardCommand extends Common {
  readonly mode: "dashboard";
}

/** A parsed command line. */
export type Command = TextCommand | Task;

/** A command that does more than print a text. */
export type Task =
  | RunCommand
  | PublishCommand
  | FailedCommand
  | PeekCommand
  | PurgeCommand
  | NewCommand
  | TypesCommand
  | MigrateCommand
  | SeedCommand
  | CheckConfigCommand
  | RecoverCommand
  | MailCommand
  | PushTestCommand
  | DeliverScheduledCommand
  | EnqueueDigestsCommand
  | MirrorServerCommand
  | MirrorPipeCommand
  | EventsCommand
  | DashboardCommand
  | StatusCommand
  | ChangeCommand
  | LogLevelCommand
  | HealthCommand
  | QueuesCommand
  | CheckCommand
  | DoctorCommand
  | CompletionCommand
  | ManualCommand;
