/**
 * The messages that a client asked for: its narrow.
 *
 * Event queues know `channel` (`stream`), `topic`, `sender` and `is`. A message has to satisfy all
 * terms. Terms that Zulip's event queues accept and then ignore, such as `is:muted`, are errors here.
 *
 * @module
 */

/** One condition: operator and operand. */
export type NarrowTerm = readonly [operator: string, operand: string];

/** The conditions, all of which a message has to satisfy; empty for all messages. */
export type Narrow = readonly NarrowTerm[];

/** A narrow, or why it cannot be used. */
export type ReadNarrow =
  | { readonly kind: "narrow"; readonly narrow: Narrow }
  | { readonly kind: "error"; readonly message: string };

/** What a narrow asks of a message. The message is as its client gets it. */
export interface NarrowedMessage {
  readonly type: unknown;
  /** The name of the channel, or the people of a direct message. */
  readonly display_recipient: unknown;
  readonly subject: unknown;
  readonly sender_email: unknown;
}

type Test = (message: NarrowedMessage, flags: ReadonlySet<string>) => boolean;

/** More would hold up the server: each message is tried against them. */
const MOST_TERMS = 100;
const LONGEST_OPERAND = 1000;

const RESOLVED = "✔ ";

const IS: Readonly<Record<string, Test>> = {
  dm: isDirect,
  private: isDirect,
  starred: (_message, flags) => flags.has("starred"),
  unread: (_message, flags) => !flags.has("read"),
  mentioned: (_message, flags) => flags.has("mentioned"),
  // Zulip tests for mentions here; messages with alert words are what the operand names.
  alerted: (_message, flags) => flags.has("mentioned") || flags.has("has_alert_word"),
  resolved: (message) => isOfChannel(message) && String(message.subject).startsWith(RESOLVED),
};

const OPERATORS: Readonly<Record<string, (operand: string) => Test | undefined>> = {
  channel: ofChannel,
  stream: ofChannel,
  topic: (operand) => (message) => isOfChannel(message) && isSame(message.subject, operand),
  sender: (operand) => ({ sender_email }) => isSame(sender_email, operand),
  is: (operand) => Object.hasOwn(IS, operand) ? IS[operand] : undefined,
};

/**
 * Reads a narrow.
 *
 * @param value A list of pairs `[operator, operand]`, or of objects `{operator, operand, negated}`.
 */
export function readNarrow(value: unknown): ReadNarrow {
  if (!Array.isArray(value)) {
    return failed("The narrow is not a list of [operator, operand] pairs.");
  }
  if (value.length > MOST_TERMS) return failed(`The narrow has more than ${MOST_TERMS} terms.`);
  const narrow: NarrowTerm[] = [];
  for (const [index, item] of value.entries()) {
    const term = readTerm(item);
    if (!term) return failed(`Term ${index + 1} of the narrow is not a pair of two strings.`);
    const problem = problemOf(term, item);
    if (problem !== undefined) return failed(problem);
    narrow.push(term);
  }
  return { kind: "narrow", narrow };
}

/** Whether a message satisfies a narrow. @param flags The flags that it has for the client's user. */
export function satisfies(
  narrow: Narrow,
  message: NarrowedMessage,
  flags: readonly string[],
): boolean {
  if (narrow.length === 0) return true;
  const set = new Set(flags);
  return narrow.every((term) => testOf(term)?.(message, set) ?? false);
}

function testOf([operator, operand]: NarrowTerm): Test | undefined {
  return Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator]?.(operand) : undefined;
}

function readTerm(item: unknown): NarrowTerm | undefined {
  const [operator, operand, ...rest] = Array.isArray(item) ? item : fieldsOf(item);
  if (typeof operator !== "string" || typeof operand !== "string" || rest.length > 0) {
    return undefined;
  }
  return [operator, operand];
}

function fieldsOf(item: unknown): unknown[] {
  if (typeof item !== "object" || item === null) return [];
  const { operator, operand } = item as Record<string, unknown>;
  return [operator, operand];
}

/** Why a term cannot be used, in Zulip's words where it has some. */
function problemOf([operator, operand]: NarrowTerm, item: unknown): string | undefined {
  if ((item as { negated?: unknown }).negated === true) {
    return `Negated terms are not supported: ${operator}.`;
  }
  if (!Object.hasOwn(OPERATORS, operator)) return `Operator ${operator} not supported.`;
  if (operand.length > LONGEST_OPERAND) {
    return `An operand has more than ${LONGEST_OPERAND} characters.`;
  }
  return testOf([operator, operand]) ? undefined : `Operand ${operand} not supported.`;
}

function failed(message: string): ReadNarrow {
  return { kind: "error", message };
}

function ofChannel(operand: string): Test {
  return (message) => isOfChannel(message) && isSame(message.display_recipient, operand);
}

function isOfChannel({ type }: NarrowedMessage): boolean {
  return type === "stream";
}

function isDirect({ type }: NarrowedMessage): boolean {
  return type === "private";
}

/** Names are the same whatever the case of their letters. */
function isSame(value: unknown, operand: string): boolean {
  return typeof value === "string" && value.toLowerCase() === operand.toLowerCase();
}
