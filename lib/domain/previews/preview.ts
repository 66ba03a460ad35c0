/**
 * What a preview of a link shows.
 *
 * @module
 */

import { firstCodePoints, storableText } from "../database/text.ts";

/** The texts of a preview. */
export interface PreviewTexts {
  readonly title?: string | undefined;
  readonly description?: string | undefined;
}

/** What a preview of a link shows. Images are absolute URLs by `http:` or `https:`. */
export type LinkPreview =
  /** A page; without an image only its title is of use. */
  | PreviewTexts & { readonly kind: "page"; readonly image?: string | undefined }
  /** A picture. */
  | PreviewTexts & { readonly kind: "photo"; readonly image: string }
  /** A video: a picture of it, and an `<iframe>` that plays it. */
  | PreviewTexts & { readonly kind: "video"; readonly image: string; readonly html: string };

/** What came of looking for a preview. */
export type Looked =
  | LinkPreview
  /** There is nothing to show. */
  | "nothing"
  /** The other server did not answer as it should; it may do so later. */
  | "failed";

const MOST_TITLE = 300;
const MOST_DESCRIPTION = 1000;
const MOST_URL = 2048;

/** A title as it is shown: in one line of at most 300 characters; `undefined` where it has none. */
export function titleOf(text: string | undefined): string | undefined {
  return shown(text, MOST_TITLE);
}

/** A description as it is shown: as a title, of at most 1000 characters. */
export function descriptionOf(text: string | undefined): string | undefined {
  return shown(text, MOST_DESCRIPTION);
}

/**
 * The address of an image, made absolute.
 *
 * @param base The address that it is relative to.
 * @returns `undefined` if it is no address by `http:` or `https:`, or has over 2048 characters.
 */
export function imageUrl(text: string | undefined, base: string): string | undefined {
  const url = text === undefined || text.trim() === "" ? null : URL.parse(text, base);
  if (!url || !/^https?:$/.test(url.protocol) || url.username + url.password !== "") {
    return undefined;
  }
  return url.href.length > MOST_URL ? undefined : url.href;
}

/** Control characters, also those that change the direction of text behind it. */
const UNSEEN = /[\p{Cc}\u202A-\u202E\u2066-\u2069]+/gu;

function shown(text: string | undefined, most: number): string | undefined {
  if (text === undefined) return undefined;
  const line = storableText(text).replaceAll(UNSEEN, " ").replaceAll(/\s+/g, " ").trim();
  const first = firstCodePoints(line, most);
  const cut = first.length < line.length ? `${firstCodePoints(line, most - 1)}…` : first;
  return cut || undefined;
}
