/**
 * What the rules of mail share while they walk through a message.
 *
 * @module
 */

import type { DateStyle } from "../../mail/templates/dates.ts";
import type { HtmlEdits } from "./html_edits.ts";
import type { HtmlElement, HtmlEnd } from "./html_walk.ts";

/** Where a message is read: the realm and the user. */
export interface MailReader {
  /** The realm's address, such as `https://acme.example.com`. */
  readonly realmUrl: string;
  /** Zulip's `STATIC_URL`, absolute or within the realm. */
  readonly staticUrl: string;
  /** The user's emojis: `google`, `google-blob` or `twitter`; `text` leaves them as `:names:`. */
  readonly emojiset: string;
  /** How the user reads dates. */
  readonly dates: DateStyle;
  /** What stands for a spoiler, in the user's language: "Open Zulip to see the spoiler content". */
  readonly spoilerText: string;
  /** What stands for a message that the program cannot show, in the user's language. */
  readonly unshownText: string;
}

/** A link to a picture. */
export interface ImageLink {
  readonly url: string;
  readonly title: string;
}

/** A preview of a picture that is not within another element. */
export interface LoneImage {
  readonly start: number;
  readonly end: number;
  readonly link: ImageLink | undefined;
}

/** A message that is being changed. */
export interface MailPage {
  readonly source: string;
  readonly reader: MailReader;
  readonly edits: HtmlEdits;
  /** Sentences for the log. */
  readonly warnings: Set<string>;
  readonly loneImages: LoneImage[];
}

/** An element for which there is a rule, while it is open. */
export interface OpenElement {
  readonly element: HtmlElement;
  readonly rule: MailRule;
  /** The next one around it that has a rule. */
  readonly outer: OpenElement | undefined;
  /** The text directly in it, and in elements of it that have no rule. */
  text: string;
  /** What an element in it told it: where a preview leads, the source of a formula. */
  found?: ImageLink | string | undefined;
}

/** What happens to elements of one kind. */
export interface MailRule {
  /** Whether an element is meant. @param outer The next one around it that has a rule. */
  readonly matches: (element: HtmlElement, outer: OpenElement | undefined) => boolean;
  /** Acts when the element is complete. */
  readonly close: (open: OpenElement, end: HtmlEnd, page: MailPage) => void;
}

/** The value of an attribute; `undefined` where there is none. */
export function attribute(element: HtmlElement, name: string): string | undefined {
  return element.attributes.get(name)?.value;
}

/** The names in the attribute `class`. */
export function classesOf(element: HtmlElement): string[] {
  return attribute(element, "class")?.split(/\s+/) ?? [];
}
