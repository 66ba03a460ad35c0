/**
 * The text of a page, from its bytes.
 *
 * @module
 */

import { getEncoding } from "encoding-sniffer";

/** The bytes at the start of a page that tell its encoding. */
const SNIFFED = 1024;

/** What only HTML begins with, or has near its beginning. */
const MARKS = /<(?:!doctype\s+html|html|head|title|meta|body|link|script|style|h1|div|p|a)[\s/>]/i;

/**
 * Whether a text looks like HTML, as far as its first 1000 characters say: servers say so of pictures
 * and texts, too.
 */
export function looksLikeHtml(text: string): boolean {
  return MARKS.test(text.slice(0, 1000));
}

/**
 * Makes text of bytes that come in pieces. The encoding is that of a byte order mark, of the header,
 * or of a `<meta>`; else it is UTF-8, or windows-1252 where it cannot be UTF-8.
 */
export class PageText {
  readonly #label: string | undefined;
  #start: Uint8Array = new Uint8Array();
  #decoder: TextDecoder | undefined;

  /** @param label The charset of the header, if that has one. */
  constructor(label: string | undefined) {
    this.#label = label;
  }

  /** The text of the next piece; nothing while the encoding is not known. */
  write(piece: Uint8Array): string {
    if (this.#decoder) return this.#decoder.decode(piece, { stream: true });
    this.#start = joined(this.#start, piece);
    if (this.#start.length < SNIFFED) return "";
    return this.#begin().decode(this.#start, { stream: true });
  }

  /** The rest of the text. */
  end(): string {
    const rest = this.#decoder ? new Uint8Array() : this.#start;
    return this.#begin().decode(rest);
  }

  #begin(): TextDecoder {
    return this.#decoder ??= decoderOf(this.#start, this.#label);
  }
}

/** The charset that a `Content-Type` names. */
export function charsetOf(contentType: string | undefined): string | undefined {
  return /;\s*charset\s*=\s*"?([^\s;"]{1,40})/i.exec(contentType ?? "")?.[1];
}

function decoderOf(start: Uint8Array, label: string | undefined): TextDecoder {
  const defaultEncoding = isUtf8(start) ? "utf-8" : "windows-1252";
  const options = label === undefined ? {} : { transportLayerEncodingLabel: label };
  try {
    return new TextDecoder(getEncoding(start, { ...options, defaultEncoding }));
  } catch {
    // An encoding that the standard knows and does not decode.
    return new TextDecoder(defaultEncoding);
  }
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
