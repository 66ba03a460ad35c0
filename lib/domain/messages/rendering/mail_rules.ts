/**
 * The elements of a message that a mail shows in another way.
 *
 * @module
 */

import { momentText } from "../../mail/templates/dates.ts";
import { escapeHtml, startTag } from "./html_edits.ts";
import type { HtmlElement } from "./html_walk.ts";
import { absoluteLink, isWebLink } from "./links.ts";
import {
  attribute,
  classesOf,
  type ImageLink,
  type MailReader,
  type MailRule,
} from "./mail_page.ts";

/** The size of an emoji, in pixels. */
const EMOJI_SIZE = [["width", "20"], ["height", "20"]] as const;
const EMOJI_CODE = /^emoji-([0-9a-f]+(?:-[0-9a-f]+)*)$/;
const DROPPED_OF_EMOJI = new Set(["class", "width", "height"]);
/** Code points of a time that a warning quotes. */
const QUOTED_TIME = 40;

/** A preview of a picture or a video: readers of mail are not logged in and would not see it. */
export const PREVIEW: MailRule = {
  matches: (element) => is(element, "div", "message_inline_image"),
  close({ element, found }, { end, isClosed }, { edits, loneImages }) {
    if (!isClosed) return;
    const link = typeof found === "object" ? found : undefined;
    if (element.depth === 0) loneImages.push({ start: element.start, end, link });
    edits.replace(element.start, end, "");
  },
};

const PREVIEW_LINK: MailRule = {
  matches: (element, outer) => element.name === "a" && outer?.rule === PREVIEW && !outer.found,
  close({ element, outer }) {
    const url = attribute(element, "href");
    if (outer && url) outer.found = { url, title: attribute(element, "title") ?? "" };
  },
};

/** A picture within a sentence, which nothing else names. */
const PICTURE: MailRule = {
  matches: (element) => is(element, "img", "inline-image"),
  close({ element }, { end }, { edits, reader }) {
    const url = attribute(element, "data-original-src") ?? attribute(element, "src") ?? "";
    const title = attribute(element, "alt") || attribute(element, "title") || "";
    edits.replace(element.start, end, imageLink({ url, title }, reader));
  },
};

const EMOJI: MailRule = {
  matches: (element) => is(element, "span", "emoji") && emojiCode(element) !== undefined,
  close({ element, text }, { end, isClosed }, { edits, reader }) {
    if (!isClosed || reader.emojiset === "text") return;
    const title = attribute(element, "title") ?? attribute(element, "aria-label");
    const folder = absoluteLink(reader.staticUrl, reader.realmUrl).replace(/\/$/, "");
    const file = `generated/emoji/images-${reader.emojiset}-64/${emojiCode(element)}.png`;
    const image = [["alt", text || title], ["src", `${folder}/${file}`], ["title", title]] as const;
    edits.replace(element.start, end, startTag("img", [...image, ...EMOJI_SIZE]));
  },
};

/** An emoji of the realm, which is a picture already. */
const CUSTOM_EMOJI: MailRule = {
  matches: (element) => is(element, "img", "emoji"),
  close({ element }, { end }, { edits, reader }) {
    const kept = [...element.attributes].filter(([name]) => !DROPPED_OF_EMOJI.has(name));
    const written = kept.map(([name, { value }]) =>
      [name, name === "src" ? absoluteLink(value, reader.realmUrl) : value] as const
    );
    edits.replace(element.start, end, startTag("img", [...written, ...EMOJI_SIZE]));
  },
};

const SPOILER_HEADER: MailRule = {
  matches: (element) => is(element, "div", "spoiler-header"),
  close({ found }, { contentEnd }, { edits, reader }) {
    if (!found) edits.replace(contentEnd, contentEnd, `<p>${spoilerTitle(reader)}</p>`);
  },
};

const SPOILER_TITLE: MailRule = {
  matches: (element, outer) =>
    element.name === "p" && outer?.rule === SPOILER_HEADER && !outer.found,
  close({ element, outer }, { contentEnd }, { edits, reader }) {
    if (outer) outer.found = "title";
    const space = contentEnd > element.contentStart ? " " : "";
    edits.replace(contentEnd, contentEnd, `${space}${spoilerTitle(reader)}`);
  },
};

/** What a spoiler hides. Without an end tag it reaches to where the element around it ends. */
const SPOILER_CONTENT: MailRule = {
  matches: (element) => is(element, "div", "spoiler-content"),
  close: ({ element }, { end }, { edits }) => edits.replace(element.start, end, ""),
};

/** A formula: no mail program draws it. */
const FORMULA: MailRule = {
  matches: (element) => is(element, "span", "katex"),
  close({ element, found }, { end, isClosed }, { edits }) {
    if (!isClosed || typeof found !== "string") return;
    edits.replace(element.start, end, `<span>${escapeHtml(found)}</span>`);
  },
};

const FORMULA_SOURCE: MailRule = {
  matches: (element, outer) =>
    element.name === "annotation" && outer?.rule === FORMULA &&
    attribute(element, "encoding") === "application/x-tex",
  close({ outer, text }) {
    if (outer) outer.found ??= text;
  },
};

const TIME: MailRule = {
  matches: (element) => element.name === "time" && element.attributes.has("datetime"),
  close({ element }, end, page) {
    const datetime = attribute(element, "datetime") ?? "";
    const text = end.isClosed ? timeText(datetime, page.reader) : undefined;
    if (text === undefined) page.warnings.add(timeWarning(datetime, page.reader));
    else page.edits.replace(element.contentStart, end.contentEnd, escapeHtml(text));
  },
};

/** The rules; the first that matches an element acts. */
export const MAIL_RULES: readonly MailRule[] = [
  PREVIEW,
  PREVIEW_LINK,
  PICTURE,
  EMOJI,
  CUSTOM_EMOJI,
  SPOILER_HEADER,
  SPOILER_TITLE,
  SPOILER_CONTENT,
  FORMULA,
  FORMULA_SOURCE,
  TIME,
];

/** A link in place of a picture, or its title where the link is not one of the web. */
export function imageLink({ url, title }: ImageLink, { realmUrl }: MailReader): string {
  const href = absoluteLink(url, realmUrl);
  const text = escapeHtml(title || href);
  return isWebLink(href) ? `${startTag("a", [["href", href]])}${text}</a>` : text;
}

function is(element: HtmlElement, name: string, className: string): boolean {
  return element.name === name && classesOf(element).includes(className);
}

function emojiCode(element: HtmlElement): string | undefined {
  return classesOf(element).map((name) => EMOJI_CODE.exec(name)?.[1]).find(Boolean);
}

function spoilerTitle({ spoilerText }: MailReader): string {
  const tag = startTag("span", [["class", "spoiler-title"], ["title", spoilerText]]);
  return `${tag}(${escapeHtml(spoilerText)})</span>`;
}

function timeWarning(datetime: string, { dates }: MailReader): string {
  const quoted = JSON.stringify(
    [...datetime.slice(0, 2 * QUOTED_TIME)].slice(0, QUOTED_TIME).join(""),
  );
  return `a time stays as the message has it: ${quoted} is no complete time in ISO 8601 with an end ` +
    `tag, or there is no language ${JSON.stringify(dates.language)}`;
}

/** A time as the user reads it; `undefined` where it is none, or the language does not exist. */
function timeText(datetime: string, { dates }: MailReader): string | undefined {
  const style = { ...dates, language: dates.language.replaceAll("_", "-") };
  try {
    const text = momentText(datetime, style);
    return text === datetime ? undefined : text;
  } catch {
    return undefined;
  }
}
