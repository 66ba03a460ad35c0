/**
 * `process-queue email-mirror-pipe`: one mail on the standard input, for one recipient, as Postfix's
 * pipe(8) hands it over.
 *
 * @module
 */

import type { MirrorPipeCommand } from "../../command_line/command.ts";
import type { Config } from "../../config/config.ts";
import type { Services } from "../services.ts";
import type { LogLine } from "../log_line.ts";
import { loopOf } from "./mail_rules.ts";
import { MirrorParts } from "./parts.ts";
import { MailRoom, readMail } from "./receiving.ts";
import type { Target } from "./recipients.ts";
import { isLater, type Reply } from "./replies.ts";

/** Exit codes of sysexits.h, which mail servers know. */
export const PIPE_EXIT = {
  /** The event is confirmed. */
  accepted: 0,
  /** The mail is not one that is taken: too large, or in a loop. */
  refused: 65,
  /** There is no such recipient. */
  unknown: 67,
  /** The mail server keeps the mail and tries again. */
  later: 75,
  /** Mail to the recipient would not become a message. */
  denied: 77,
} as const;

/** What the command works with. */
export interface PipeServices extends Pick<Services, "openBroker" | "print" | "warn"> {
  /** The standard input. */
  readonly input: AsyncIterable<Uint8Array>;
}

/**
 * Takes a mail. Unless it is accepted, it prints why, with the enhanced code first, which Postfix
 * puts into its log and its bounce.
 *
 * @returns One of {@linkcode PIPE_EXIT}.
 * @throws {ConfigError} When a setting keeps every mail from being taken.
 * @throws {BrokerError} When the broker cannot be used.
 */
export async function runMirrorPipe(
  { recipient }: Pick<MirrorPipeCommand, "recipient">,
  config: Config,
  services: PipeServices,
): Promise<number> {
  await using parts = new MirrorParts(config, [], logTo(services));
  const target = await parts.recipients.check(recipient, []);
  const reply = "kind" in target ? await take(target, parts, config, services) : target;
  const code = exitCodeOf(reply);
  if (code !== PIPE_EXIT.accepted) services.print(reply.text);
  return code;
}

/** The exit code that means the same as an answer of SMTP. */
export function exitCodeOf(reply: Reply): number {
  if (reply.code < 400) return PIPE_EXIT.accepted;
  if (isLater(reply)) return PIPE_EXIT.later;
  if (reply.text.startsWith("5.1.1 ")) return PIPE_EXIT.unknown;
  return reply.text.startsWith("5.7.1 ") ? PIPE_EXIT.denied : PIPE_EXIT.refused;
}

async function take(
  target: Target,
  parts: MirrorParts,
  config: Config,
  services: PipeServices,
): Promise<Reply> {
  using hold = new MailRoom(parts.maxBytes).hold();
  const mail = await readMail(services.input, parts.maxBytes, hold);
  if (!(mail instanceof Uint8Array)) return mail;
  const loop = loopOf(mail);
  if (loop) return loop;
  await using broker = await services.openBroker(config, "process-queue email-mirror-pipe");
  return await parts.delivery(broker).deliver(mail, [target]);
}

function logTo({ warn }: Pick<Services, "warn">): LogLine {
  return (level, message, properties) => {
    if (level !== "warning" && level !== "error") return;
    warn(message.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(properties[name])));
  };
}
