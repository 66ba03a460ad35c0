/**
 * Whether a user is shown a message.
 *
 * @module
 */

/** What decides whether a user gets pushes at all. */
export interface ReaderFacts {
  readonly isBot: boolean;
  readonly isActive: boolean;
  readonly isRealmActive: boolean;
  /** Whether the user has pushes turned on, at least while away. */
  readonly wantsPushes: boolean;
}

/** What decides whether a user is shown a message now. */
export interface MessageFacts {
  /** `archived`: it was deleted, or its time was over. */
  readonly message: "readable" | "unreadable" | "archived" | "gone";
  /** What the message is to the user; `undefined` where the user has no row of it. */
  readonly copy: { readonly isRead: boolean; readonly isShown: boolean } | undefined;
  /** Whether the user was away for long, and gets rows only when coming back. */
  readonly isIdle: boolean;
  /**
   * `first`: no run of ours has shown it yet. `again`: one has, as far as it came. `unknown`: one has
   * begun to.
   */
  readonly attempt: "first" | "again" | "unknown";
  /** Whether it is too old to be shown. */
  readonly isLate: boolean;
}

/** Why nothing is shown, and how it is logged. */
export interface Nothing {
  readonly kind: "nothing";
  readonly level: "debug" | "info" | "error";
  /** May have `{message}` and `{user}`. */
  readonly reason: string;
}

/** What is done. */
export type ShowDecision =
  | {
    readonly kind: "show";
    /** Whether the bit of the user's row is to be set. */
    readonly setsFlag: boolean;
  }
  | Nothing;

/** Why a user gets no pushes; `undefined` where the user may get some. */
export function unreachable(reader: ReaderFacts | undefined): Nothing | undefined {
  if (!reader) return nothing("info", "There is no user {user}");
  if (reader.isBot) return nothing("info", "User {user} is a bot, which has no devices");
  if (!reader.isActive || !reader.isRealmActive) {
    return nothing("debug", "User {user} or the organization is deactivated");
  }
  if (!reader.wantsPushes) return nothing("debug", "User {user} has turned pushes off");
  return undefined;
}

/** Whether a user who may get pushes is shown a message. */
export function decideShow(facts: MessageFacts): ShowDecision {
  const { message, copy, attempt } = facts;
  if (message === "archived") return nothing("debug", "Message {message} is archived");
  if (message !== "readable") {
    return nothing(
      "info",
      "Unexpected message access failure: user {user} may not read message {message}, or it does not exist",
    );
  }
  if (!copy && !facts.isIdle) {
    return nothing(
      "error",
      "Could not find UserMessage with message_id {message} and user_id {user}: there is no such row",
    );
  }
  if (copy?.isRead) return nothing("debug", "User {user} has read message {message}");
  if (copy?.isShown && attempt === "first") {
    return nothing("debug", "Message {message} is shown to user {user} already");
  }
  if (copy && !copy.isShown && attempt === "again") {
    return nothing("debug", "Message {message} is not to be shown to user {user} any more");
  }
  if (facts.isLate) {
    return nothing("info", "Message {message} is too old to be shown to user {user}");
  }
  return { kind: "show", setsFlag: copy !== undefined && !copy.isShown };
}

/** What decides how old an event is. Times are ms since 1970. */
export interface Ages {
  /** When the event was published, or when it first failed; `undefined`: not known. */
  readonly publishedAt: number | undefined;
  /** When an operator put it back. */
  readonly retriedAt: number | undefined;
  /** When the message was sent, or edited since. */
  readonly changedAt: number;
  /** PUSH_PATIENCE_SECONDS. */
  readonly patienceSeconds: number;
}

/** Until when a message is worth showing, in ms since 1970. */
export function shownUntil({ publishedAt, retriedAt, changedAt, patienceSeconds }: Ages): number {
  return Math.max(publishedAt ?? changedAt, retriedAt ?? 0) + patienceSeconds * 1000;
}

function nothing(level: Nothing["level"], reason: string): Nothing {
  return { kind: "nothing", level, reason };
}
