/**
 * Removes secrets from texts that people read: log lines, statistics, dead letters, Sentry.
 *
 * It removes too much rather than too little. Every step takes time linear in the length of the text,
 * whatever the text, because most texts come from outside.
 *
 * @module
 */

/** The text that replaces a secret. */
export const MASK = "***";

/** Parts of names whose values are secret, also in Zulip's events. */
const SECRET_NAME =
  "passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|authorization|cookie|credential" +
  "|private[_-]?key|session[_-]?(?:id|key)|msg_base64";

const NAME = new RegExp(SECRET_NAME, "i");
const NAMES = new RegExp(SECRET_NAME, "gi");
const REST_OF_NAME = /[\w-]*/y;
const SEPARATOR = /\\*["'`]?(?:\s{0,8}(?::|=>?)\s{0,8}|>)/y;
const OPENING_QUOTE = /(\\*)(["'`])/y;
const UNQUOTED = /[^\s"'`&<]*/y;
const REST_OF_LINE = /[^\r\n"'`]*/y;

/** The most characters of a URL's user name and password. */
const MAX_AUTHORITY = 2048;
const AUTHORITY = new RegExp(`[^\\s"'\`<>/?#]{0,${MAX_AUTHORITY}}`, "y");
/** A path, also with characters that should have been written as %2F, %3F or %23. */
const PATH = /[^\s"'`<>?#]{0,256}/y;
const URL_TEXT = /[^\s"'`<>]{0,256}/y;
/** The length from which a user name without a password is taken for a token. */
const TOKEN_LENGTH = 20;

/** Secrets that are recognized by their form. */
const SHAPES: readonly RegExp[] = [
  /(?<![\w-])eyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*/g,
  /(?<=\b(?:bearer|basic)\s{1,4})[\w+/.~=-]{16,}/gi,
  /(?<![\w-])(?:xox[a-z]-|gh[pousr]_|sk_live_|AKIA)[\w-]{8,}/g,
  /(?<=-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----)[\s\S]*?(?=-----END|$)/g,
];

/** A part of a text: from `start` up to, not including, `end`. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/** Whether the value under this name is secret: `password`, `slack_access_token`, `apiKey`, … */
export function isSecretName(name: string): boolean {
  return NAME.test(name);
}

/**
 * The text with `***` in place of its secrets: passwords in URLs; what follows names like
 * `password`, `token`, `api_key`, `authorization` or `cookie` in plain text, JSON (also JSON in a
 * JSON string), query strings and headers; JSON Web Tokens; private keys.
 */
export function redactText(text: string): string {
  let clean = mask(text, urlSecrets(text));
  clean = mask(clean, namedSecrets(clean));
  for (const shape of SHAPES) clean = clean.replace(shape, MASK);
  return clean;
}

function mask(text: string, secrets: Iterable<Span>): string {
  let clean = "";
  let from = 0;
  for (const { start, end } of secrets) {
    if (start < from) continue;
    clean += text.slice(from, start) + MASK;
    from = end;
  }
  return clean + text.slice(from);
}

function* urlSecrets(text: string): Generator<Span> {
  let nextAt = -1;
  let from = 0;
  for (
    let url = text.indexOf("://");
    url !== -1;
    url = text.indexOf("://", from)
  ) {
    from = url + 3;
    if (nextAt < from) nextAt = text.indexOf("@", from);
    if (nextAt === -1) return;
    const secret = nextAt - from > MAX_AUTHORITY ? undefined : urlSecret(text, from);
    if (secret === undefined) continue;
    yield secret;
    from = secret.end;
  }
}

function urlSecret(text: string, start: number): Span | undefined {
  const authority = matchAt(AUTHORITY, text, start);
  const colon = authority.indexOf(":");
  if (colon === -1) {
    const nameEnds = authority.lastIndexOf("@");
    return nameEnds < TOKEN_LENGTH ? undefined : span(start, start + nameEnds);
  }
  const ends = [authority, matchAt(PATH, text, start)].map((part) => part.lastIndexOf("@"));
  const isPort = /^\d*$/.test(authority.slice(colon + 1));
  if (!isPort) {
    ends.push(
      ends[0] === -1 ? matchAt(URL_TEXT, text, start).lastIndexOf("@") : -1,
    );
  }
  const end = Math.max(...ends);
  return end < colon ? undefined : span(start + colon + 1, start + end);
}

function* namedSecrets(text: string): Generator<Span> {
  const names = new RegExp(NAMES);
  for (let name = names.exec(text); name !== null; name = names.exec(text)) {
    names.lastIndex += matchAt(REST_OF_NAME, text, names.lastIndex).length;
    const separator = matchAt(SEPARATOR, text, names.lastIndex);
    if (separator === "") continue;
    const secret = valueAt(text, names.lastIndex + separator.length, name[0]);
    if (secret.end > secret.start) yield secret;
    names.lastIndex = Math.max(secret.end, names.lastIndex);
  }
}

/** The value that starts at an index, without its quotes. */
function valueAt(text: string, start: number, name: string): Span {
  const quote = matchAt(OPENING_QUOTE, text, start);
  if (quote !== "") {
    return span(start + quote.length, closingQuote(text, start, quote));
  }
  if (text[start] === "{" || text[start] === "[") {
    return span(start, closingBracket(text, start));
  }
  const end = /^(?:cookie|authorization)/i.test(name) ? REST_OF_LINE : UNQUOTED;
  return span(start, start + matchAt(end, text, start).length);
}

/** The index of the closing quote, which has no more backslashes before it than the opening one. */
function closingQuote(text: string, start: number, opening: string): number {
  const quote = opening.at(-1) ?? "";
  let from = start + opening.length;
  for (;;) {
    const at = text.indexOf(quote, from);
    if (at === -1) return text.length;
    let backslashes = 0;
    while (at - backslashes > from && text[at - backslashes - 1] === "\\") {
      backslashes++;
    }
    if (backslashes < opening.length) return at - backslashes;
    from = at + 1;
  }
}

function closingBracket(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (character === "{" || character === "[") depth++;
    else if ((character === "}" || character === "]") && --depth === 0) {
      return at + 1;
    }
  }
  return text.length;
}

function matchAt(sticky: RegExp, text: string, at: number): string {
  sticky.lastIndex = at;
  return sticky.exec(text)?.[0] ?? "";
}

function span(start: number, end: number): Span {
  return { start, end };
}
