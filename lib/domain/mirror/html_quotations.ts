/**
 * Where the HTML of a mail quotes another one, as the mail programs mark it. Pure.
 *
 * @module
 */

import type { HtmlElement } from "../messages/rendering/html_walk.ts";

/**
 * What an element is to quotations:
 * - `quoted`: what is in it is quoted;
 * - `begins`: a quotation begins with it;
 * - `both`: a quotation begins with it, and what is in it is quoted.
 */
export type QuotationElement = "quoted" | "begins" | "both";

/** Classes and ids, by program. Outlook puts `x_` before those of mails that it quotes. */
const BEGINS = new Set([
  ...["gmail_attr", "gmail_quote"], // Gmail
  "moz-cite-prefix", // Thunderbird
  ...["divrplyfwdmsg", "appendonsend", "olk_src_body_section"], // Outlook
  ...["zmail_extra", "zmail_extra_hr"], // Zoho
]);
const BOTH = new Set([
  "yahoo_quoted", // Yahoo
  "protonmail_quote", // Proton
  "tutanota_quote", // Tuta
  ...["ms-outlook-mobile-reference-message", "mail-editor-reference-message-container"], // Outlook
  ...["gmx_quote", "ik_mail_quote", "skiff_quote", "front-blockquote", "hey-quote"],
  ...["mailplus_quote", "freebirdformquote", "rc_replied_message"],
]);
/** The line that Outlook draws above what is answered. */
const OUTLOOK_LINE =
  /border:\s*none;\s*border-top:\s*solid\s|border-top:\s*(?:solid\s+#(?:e1e1e1|b5c4df)|1px solid rgb\(229|1pt solid rgb\((?:225|181))|border-style:\s*solid none none/i;

/** What an element is to quotations; `undefined` for any other. */
export function quotationElement(element: HtmlElement): QuotationElement | undefined {
  const names = namesOf(element);
  if (names.some((name) => BOTH.has(name) || name.startsWith("yahoo_quoted"))) return "both";
  if (element.name === "blockquote") return "quoted";
  if (element.name !== "div") return undefined;
  if (valueOf(element, "name") === "quote") return "both";
  if (names.some((name) => BEGINS.has(name))) return "begins";
  return OUTLOOK_LINE.test(valueOf(element, "style")) ? "begins" : undefined;
}

function namesOf(element: HtmlElement): string[] {
  const names = `${valueOf(element, "class")} ${valueOf(element, "id")}`;
  return names.toLowerCase().split(/\s+/).map((name) => name.replace(/^(?:x_)+/, ""));
}

function valueOf({ attributes }: HtmlElement, name: string): string {
  return attributes.get(name)?.value ?? "";
}
