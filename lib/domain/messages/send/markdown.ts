/**
 * Renders the Markdown of a message that a worker sends, as HTML like Zulip's: paragraphs, lists,
 * quotes, tables, code, links, mentions, links to channels, and some emojis.
 *
 * @module
 */

import MarkdownIt, { type StateInline } from "markdown-it";
import { encodeHash } from "../narrow_url.ts";
import type { Mentions } from "./audience.ts";
import { EMOJI } from "./emoji.ts";
import {
  CHANNEL_LINK,
  CHANNEL_WORDS,
  GROUP_MENTION,
  mentionedUser,
  type NamedUser,
  type Names,
  TOPIC_WORD,
  USER_MENTION,
} from "./mentions.ts";

/** The version of rendering, in `rendered_content_version`. */
export const RENDERED_VERSION = 1;

/** A rendered message. */
export interface Rendered {
  /** HTML. */
  readonly html: string;
  readonly mentions: Mentions;
  /** The ids of mentioned groups. */
  readonly groups: ReadonlySet<number>;
  readonly hasLink: boolean;
}

/** What a rendering finds on its way. */
interface Found {
  readonly names: Names;
  readonly users: Set<number>;
  readonly groups: Set<number>;
  channel: boolean;
  topic: boolean;
}

type Markdown = InstanceType<typeof MarkdownIt>;

let shared: Markdown | undefined;

/** Renders a message. @param content Markdown. @param names What its names mean. */
export function renderMessage(content: string, names: Names): Rendered {
  shared ??= makeMarkdown();
  const found: Found = {
    names,
    users: new Set(),
    groups: new Set(),
    channel: false,
    topic: false,
  };
  const html = shared.render(content, { found }).trim();
  const { users, groups, channel, topic } = found;
  return {
    html,
    mentions: { users, channel, topic },
    groups,
    hasLink: /<a href="(?!\/?#narrow\/)/.test(html),
  };
}

function makeMarkdown(): Markdown {
  const md = new MarkdownIt({ html: false, linkify: true, breaks: true });
  md.linkify.set({ fuzzyEmail: false });
  // A picture is a link, as for all messages whose pictures the server does not show.
  md.disable("image");
  md.renderer.rules["s_open"] = () => "<del>";
  md.renderer.rules["s_close"] = () => "</del>";
  md.renderer.rules["fence"] = (tokens, at) => codeBlock(md, tokens[at]?.content, tokens[at]?.info);
  md.renderer.rules["code_block"] = (tokens, at) => codeBlock(md, tokens[at]?.content);
  md.inline.ruler.before("emphasis", "zulip", (state, isSilent) => named(state, isSilent));
  md.renderer.rules["zulip"] = (tokens, at) => tokens[at]?.content ?? "";
  return md;
}

function codeBlock({ utils }: Markdown, code = "", info = ""): string {
  const [language = ""] = info.trim().split(/\s+/);
  const label = language === "" ? "" : ` data-code-language="${utils.escapeHtml(language)}"`;
  return `<div class="codehilite"${label}><pre><span></span><code>${utils.escapeHtml(code)}` +
    "</code></pre></div>\n";
}

type Rule = (match: RegExpExecArray, found: Found, escape: (text: string) => string) =>
  | string
  | undefined;

/** A name between signs becomes a mention, a link or an emoji; where it means nothing it stays. */
function named(state: StateInline, isSilent: boolean): boolean {
  const { src, pos, md } = state;
  for (const [pattern, rule] of RULES) {
    const sticky = new RegExp(pattern.source, "y");
    sticky.lastIndex = pos;
    const match = sticky.exec(src);
    const before = src[pos - 1];
    if (!match || (before !== undefined && /[\p{L}\p{N}_]/u.test(before))) continue;
    const html = rule(match, state.env["found"] as Found, md.utils.escapeHtml);
    if (html === undefined) continue;
    if (!isSilent) state.push("zulip", "", 0).content = html;
    state.pos += match[0].length;
    return true;
  }
  return false;
}

const RULES: readonly (readonly [RegExp, Rule])[] = [
  [USER_MENTION, userMention],
  [GROUP_MENTION, groupMention],
  [CHANNEL_LINK, channelLink],
  [/:([a-z0-9_+-]{1,50}):/y, emoji],
];

function userMention(
  [, silent = "", text = ""]: RegExpExecArray,
  found: Found,
  escape: (text: string) => string,
): string | undefined {
  const isSilent = silent !== "";
  const sign = isSilent ? "" : "@";
  const user = mentionedUser(text, found.names);
  if (user) {
    if (!isSilent) found.users.add(user.id);
    return span(["user-mention"], isSilent, ` data-user-id="${user.id}"`, sign + escape(user.name));
  }
  if (CHANNEL_WORDS.has(text)) {
    found.channel ||= !isSilent;
    const classes = ["user-mention", "channel-wildcard-mention"];
    return span(classes, isSilent, ' data-user-id="*"', sign + text);
  }
  if (text !== TOPIC_WORD) return undefined;
  found.topic ||= !isSilent;
  return span(["topic-mention"], isSilent, "", sign + text);
}

function groupMention(
  [, silent = "", text = ""]: RegExpExecArray,
  found: Found,
  escape: (text: string) => string,
): string | undefined {
  const group = found.names.groups.get(text.toLowerCase());
  if (!group) return undefined;
  const isSilent = silent !== "";
  if (!isSilent) found.groups.add(group.id);
  const id = ` data-user-group-id="${group.id}"`;
  return span(["user-group-mention"], isSilent, id, (isSilent ? "" : "@") + escape(group.name));
}

function span(classes: readonly string[], isSilent: boolean, id: string, html: string): string {
  const all = isSilent ? [...classes, "silent"] : classes;
  return `<span class="${all.join(" ")}"${id}>${html}</span>`;
}

function channelLink(
  [, name = "", topic]: RegExpExecArray,
  { names }: Found,
  escape: (text: string) => string,
): string | undefined {
  const channel = names.channels.get(name.toLowerCase());
  if (!channel) return undefined;
  const link = channelHref(channel);
  if (topic === undefined) return anchor("stream", channel.id, link, `#${escape(channel.name)}`);
  const label = `#${escape(channel.name)} &gt; ${escape(topic)}`;
  return anchor("stream-topic", channel.id, `${link}/topic/${encodeHash(topic)}`, label);
}

function channelHref({ id, name }: NamedUser): string {
  return `/#narrow/channel/${id}-${encodeHash(name.replaceAll(" ", "-"))}`;
}

function anchor(kind: string, id: number, href: string, html: string): string {
  return `<a class="${kind}" data-stream-id="${id}" href="${href}">${html}</a>`;
}

function emoji([written = "", name = ""]: RegExpExecArray): string | undefined {
  const code = Object.hasOwn(EMOJI, name) ? EMOJI[name] : undefined;
  if (code === undefined) return undefined;
  const label = name.replaceAll("_", " ");
  return `<span aria-label="${label}" class="emoji emoji-${code}" role="img" ` +
    `title="${label}">${written}</span>`;
}

/** Whether a message begins with `/me`, and so is shown as what its sender does. */
export function isMeMessage(content: string, html: string): boolean {
  return content.startsWith("/me ") && html.startsWith("<p>") && html.endsWith("</p>");
}
