/**
 * During which messages a user was subscribed to a channel, as the realm's log says.
 *
 * @module
 */

/** An entry of the log: a subscription to a channel began, or ended. */
export interface SubscriptionChange {
  readonly kind: "began" | "ended";
  /** The last message of the server at that time; 0 where there was none. */
  readonly lastMessageId: number;
}

/** The messages behind `after`, up to `to`. */
export interface Span {
  readonly after: number;
  readonly to: number;
}

/**
 * The messages that were sent while a user was subscribed to their channel.
 *
 * @param changes Of the channel, in the order of their last messages.
 * @param isSubscribed Whether the user is subscribed now: it decides where the log says nothing.
 * @returns Spans in their order.
 */
export function subscriptionSpans(
  changes: readonly SubscriptionChange[],
  isSubscribed: boolean,
): Span[] {
  const spans: Span[] = [];
  let after = 0;
  for (const { kind, lastMessageId } of changes) {
    if (kind === "began") after = lastMessageId;
    else if (lastMessageId > after) spans.push({ after, to: lastMessageId });
  }
  const last = changes.at(-1)?.kind ?? (isSubscribed ? "began" : "ended");
  return last === "began" ? [...spans, { after, to: Infinity }] : spans;
}

/** Whether a message is in one of some spans. */
export function isWithin(spans: readonly Span[], id: number): boolean {
  return spans.some(({ after, to }) => after < id && id <= to);
}

/** The last message that is in some spans; `Infinity` where they go on, 0 where there are none. */
export function endOf(spans: readonly Span[]): number {
  return spans.at(-1)?.to ?? 0;
}
