/**
 * The addresses by which mail becomes messages: those of channels, and those that answer a mail
 * about messages.
 *
 * @module
 */

/** How the mail of a channel's address becomes a message. */
export interface MirrorOptions {
  /** Whether the message begins with the mail's sender. */
  readonly showSender: boolean;
  /** Whether the signature is kept. */
  readonly includeFooter: boolean;
  /** Whether the quotations of earlier mails are kept. */
  readonly includeQuotes: boolean;
  /** Whether the HTML part is taken where there is a plain one, too. */
  readonly prefersHtml: boolean;
}

/** What a mail's recipient stands for. */
export type MirrorAddress =
  | {
    readonly kind: "channel";
    /** The `email_token` of a row of `zerver_channelemailaddress`. */
    readonly token: string;
    readonly options: MirrorOptions;
  }
  | {
    readonly kind: "reply";
    /** The `email_token` of a row of `zerver_missedmessageemailaddress`: `mm` and 32 digits. */
    readonly token: string;
  };

/** What addresses look like on this server. */
export interface GatewayPatterns {
  /** Zulip's EMAIL_GATEWAY_PATTERN, such as `%s@mail.example.com`; `undefined`: no mail comes in. */
  readonly pattern: string | undefined;
  /** Zulip's EMAIL_GATEWAY_EXTRA_PATTERN_HACK: what may follow `%s` as well. Default: nothing. */
  readonly otherEnding?: string | undefined;
}

/** A recipient that is no address of the mirror. Its message quotes no address. */
export class AddressError extends Error {
  override readonly name = "AddressError";
}

const REPLY_TOKEN = /^mm.{32}$/s;
const SEPARATOR = /[.+]/;

const OPTIONS: Readonly<Record<string, Partial<MirrorOptions>>> = {
  "show-sender": { showSender: true },
  "include-footer": { includeFooter: true },
  "include-quotes": { includeQuotes: true },
  "prefer-text": { prefersHtml: false },
  "prefer-html": { prefersHtml: true },
};
const NO_OPTIONS: MirrorOptions = {
  showSender: false,
  includeFooter: false,
  includeQuotes: false,
  prefersHtml: false,
};

/**
 * What the address of a recipient stands for. Capitals and small letters are equal, as tokens are
 * hexadecimal and some mail servers change them.
 *
 * @param address `local@domain`, without a name.
 * @throws {AddressError} When the server takes no mail, or the address does not fit its patterns.
 */
export function decodeAddress(address: string, patterns: GatewayPatterns): MirrorAddress {
  if (!patterns.pattern) {
    throw new AddressError("This server is not configured for incoming email.");
  }
  const inner = innerPart(address, patterns);
  if (inner === undefined) throw new AddressError("Address not recognized by gateway.");
  return REPLY_TOKEN.test(inner)
    ? { kind: "reply", token: inner }
    : { kind: "channel", ...channelParts(inner) };
}

/** Whether an address fits the patterns of this server. Whether it exists, the database knows. */
export function isMirrorAddress(address: string, patterns: GatewayPatterns): boolean {
  return innerPart(address, patterns) !== undefined;
}

/**
 * What stands at `%s` in an address, in small letters: the part that is secret.
 *
 * @returns `undefined` where the address does not fit, or no mail comes in.
 */
export function innerPart(address: string, patterns: GatewayPatterns): string | undefined {
  const [start, ending] = patterns.pattern?.toLowerCase().split("%s") ?? [];
  if (start === undefined || ending === undefined) return undefined;
  const small = address.trim().toLowerCase();
  const end = [ending, patterns.otherEnding?.toLowerCase() ?? ending].find((one) =>
    small.endsWith(one) && small.length > start.length + one.length
  );
  return end !== undefined && small.startsWith(start)
    ? small.slice(start.length, small.length - end.length)
    : undefined;
}

/**
 * The address of a channel: `name.token@…`. The name is for people alone. It is left out where it
 * cannot be written in ASCII.
 *
 * @param pattern Zulip's EMAIL_GATEWAY_PATTERN.
 */
export function channelAddress(
  channel: { readonly name: string; readonly token: string },
  pattern: string,
  { showSender = false }: Partial<MirrorOptions> = {},
): string {
  const parts = [nameInAddress(channel.name), channel.token, showSender ? "show-sender" : ""];
  return pattern.replace("%s", () => parts.filter((part) => part !== "").join("."));
}

/** Options may stand anywhere. Of what else there is, the second part is the token. */
function channelParts(inner: string): { token: string; options: MirrorOptions } {
  const parts = inner.split(SEPARATOR);
  const chosen = parts.flatMap((part) => Object.hasOwn(OPTIONS, part) ? [OPTIONS[part]] : []);
  const [first = "", second] = parts.filter((part) => !Object.hasOwn(OPTIONS, part));
  return { token: second ?? first, options: Object.assign({}, NO_OPTIONS, ...chosen) };
}

function nameInAddress(name: string): string {
  const words = name.replace(/[^\p{L}\p{N}_]+/gu, "-");
  const slug = words.normalize("NFKD").replace(/[^\w-]/g, "").toLowerCase()
    .replace(/-+/g, "-").replace(/^[-_]+|[-_]+$/g, "");
  return slug.length === words.length ? slug : "";
}
