/**
 * What the messages of a seed say, in Markdown and as it is rendered.
 *
 * @module
 */

import { PICTURE } from "./pictures.ts";
import type { Random } from "./random.ts";

/** Someone or something that a message mentions. */
export interface Name {
  readonly id: number;
  readonly name: string;
}

/** What a text may mention. */
export interface Mentionable {
  readonly users: readonly Name[];
  readonly groups: readonly Name[];
  /** Whether all of a channel or topic may be mentioned. */
  readonly isChannel: boolean;
}

/** A file that is attached. */
export interface AttachedFile {
  readonly name: string;
  /** Its place below the folder of uploads. */
  readonly path: string;
  readonly type: string;
}

/** What a message says. */
export interface MessageText {
  readonly content: string;
  readonly rendered: string;
  readonly mentions?: {
    readonly user?: number;
    readonly group?: number;
    readonly all?: "channel" | "topic";
  };
  readonly hasLink?: true;
  readonly file?: AttachedFile;
}

type Maker = (random: Random, who: Mentionable) => MessageText;

const SENTENCES = [
  "The new build is on the staging server.",
  "Could somebody look at my pull request before noon?",
  "I'll be ten minutes late.",
  'It works on my machine; the server says "connection refused".',
  "Shall we move the meeting to Thursday?",
  "Done. Memory use went from 1.2 GB to 300 MB.",
  "Thanks, that helps a lot!",
  "The customer asks for an export as CSV & PDF.",
  "Three of 40 tests fail, always the same ones.",
  "Ich bin ab morgen im Urlaub.",
  "C'est réparé, merci !",
  "会議は3時からです。",
];

/** The text of HTML. */
export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

function plain(random: Random): MessageText {
  const content = random.of(SENTENCES);
  return { content, rendered: `<p>${escaped(content)}</p>` };
}

const userMention: Maker = (random, { users }) => {
  const { id, name } = random.of(users);
  const { content } = plain(random);
  const span = `<span class="user-mention" data-user-id="${id}">@${escaped(name)}</span>`;
  return {
    content: `@**${name}** ${content}`,
    rendered: `<p>${span} ${escaped(content)}</p>`,
    mentions: { user: id },
  };
};

const groupMention: Maker = (random, { groups }) => {
  const { id, name } = random.of(groups);
  const { content } = plain(random);
  const span = `<span class="user-group-mention" data-user-group-id="${id}">@${name}</span>`;
  return {
    content: `@*${name}* ${content}`,
    rendered: `<p>${span} ${escaped(content)}</p>`,
    mentions: { group: id },
  };
};

const everybody: Maker = (random) => {
  const { content } = plain(random);
  const span = `<span class="user-mention channel-wildcard-mention" data-user-id="*">@all</span>`;
  return {
    content: `@**all** ${content}`,
    rendered: `<p>${span} ${escaped(content)}</p>`,
    mentions: { all: "channel" },
  };
};

const wholeTopic: Maker = (random) => {
  const { content } = plain(random);
  return {
    content: `@**topic** ${content}`,
    rendered: `<p><span class="topic-mention">@topic</span> ${escaped(content)}</p>`,
    mentions: { all: "topic" },
  };
};

const link: Maker = (random) => {
  const url = `https://www.example.com/notes/${random.between(1, 400)}`;
  return {
    content: `See [my notes](${url}).`,
    rendered: `<p>See <a href="${url}">my notes</a>.</p>`,
    hasLink: true,
  };
};

const code: Maker = () => ({
  content: "Try this:\n```sql\nselect count(*) from jobs where state <> 'done';\n```",
  rendered: '<p>Try this:</p>\n<div class="codehilite" data-code-language="SQL"><pre><code>' +
    "select count(*) from jobs where state &lt;&gt; 'done';\n</code></pre></div>",
});

const spoiler: Maker = () => ({
  content: "```spoiler The answer\nIt was the cache.\n```",
  rendered: '<div class="spoiler-block"><div class="spoiler-header">\n<p>The answer</p>\n</div>' +
    '<div class="spoiler-content" aria-hidden="true">\n<p>It was the cache.</p>\n</div></div>',
});

const emoji: Maker = () => ({
  content: "Released :tada:",
  rendered: '<p>Released <span aria-label="tada" class="emoji emoji-1f389" role="img" ' +
    'title="tada">:tada:</span></p>',
});

const FILES = [["report.pdf", "application/pdf"], ["screen.png", "image/png"]] as const;

const file: Maker = (random) => {
  const [name, type] = random.of(FILES);
  const path = `2/${random.hex(2)}/${random.hex(24)}/${name}`;
  const url = `/user_uploads/${path}`;
  return {
    content: `[${name}](${url})`,
    rendered: `<p><a href="${url}">${name}</a></p>` +
      (type.startsWith("image/") ? placeholder(url, name, type) : ""),
    hasLink: true,
    file: { name, path, type },
  };
};

/** What stands for a picture that has no thumbnail. */
function placeholder(url: string, name: string, type: string): string {
  return `\n<div class="message_inline_image"><a href="${url}" title="${name}">` +
    `<img class="image-loading-placeholder" data-original-content-type="${type}" ` +
    `data-original-dimensions="${PICTURE.width}x${PICTURE.height}" ` +
    'src="/static/images/loading/loader-black.svg"></a></div>';
}

const IN_CHANNELS: readonly Maker[] = [userMention, userMention, groupMention, wholeTopic];
const ANYWHERE: readonly Maker[] = [link, link, code, spoiler, emoji, file];

/** What a message says: a plain sentence in most cases. */
export function textOf(random: Random, who: Mentionable): MessageText {
  if (who.isChannel && random.happens(0.01)) return everybody(random, who);
  if (who.isChannel && who.groups.length > 0 && random.happens(0.2)) {
    return random.of(IN_CHANNELS)(random, who);
  }
  return random.happens(0.2) ? random.of(ANYWHERE)(random, who) : plain(random);
}
