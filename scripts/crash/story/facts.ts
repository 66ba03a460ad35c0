/**
 * What came of a story, in words that are the same each time. Everything here is pure.
 *
 * @module
 */

import type { ClientEvent } from "./client.ts";
import { type Told, TOPIC } from "./tell.ts";

const TOPICS = new RegExp(`\\b${TOPIC}\\d+`, "g");

/** A mail that came. */
export interface StoryMail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** A push that came. */
export interface StoryPush {
  /** Of whom, and to which device. */
  readonly to: string;
  readonly text: string;
}

/** All that is known at the end of a story. */
export interface Evidence {
  readonly told: Told;
  /** The events of the clients by the names of their users. */
  readonly events: Readonly<Record<string, readonly ClientEvent[]>>;
  readonly mails: readonly StoryMail[];
  readonly pushes: readonly StoryPush[];
  /** The message's HTML. */
  readonly rendered: string;
  /** The bits of the flags by the names of the users. */
  readonly flags: readonly (readonly [user: string, flags: number])[];
  /** The thumbnails that the row of the picture names, and the sizes of their files in bytes. */
  readonly thumbnails: readonly string[];
}

/** What came of a story: lines by what they are about. */
export type Facts = Readonly<Record<string, readonly string[]>>;

/** What came once more. */
export interface Repeats {
  readonly mails: number;
  readonly pushes: number;
  /** `update_message` events with HTML that the client had. */
  readonly updates: number;
}

/** The facts. Mails and pushes that came again count once. */
export function factsOf(evidence: Evidence): Facts {
  const { told, events, rendered, flags, thumbnails } = evidence;
  const plain = (text: string) => withoutNumbers(text, told);
  return {
    ...Object.fromEntries(
      Object.entries(events).map(([user, all]) => [`events of ${user}`, eventLines(all, told)]),
    ),
    mails: distinct(
      mailsOf(evidence).map(({ to, subject, text }) => plain(`to ${to}: ${subject}\n${text}`)),
    ),
    pushes: distinct(pushesOf(evidence).map(({ to, text }) => plain(`to ${to}: ${text}`))),
    message: [plain(rendered)],
    flags: flags.map(([user, bits]) => `${user}: ${bits}`),
    thumbnails,
  };
}

/** What came once more than it had to. */
export function repeatsOf(evidence: Evidence): Repeats {
  const { told, events } = evidence;
  const again = (lines: readonly string[]) => lines.length - new Set(lines).size;
  const updates = Object.values(events).map((all) =>
    again(updatesOf(all, told).map(({ rendered_content = "" }) => rendered_content))
  );
  return {
    mails: again(mailsOf(evidence).map(({ to }) => to)),
    pushes: again(pushesOf(evidence).map(({ to }) => to)),
    updates: updates.reduce((sum, count) => sum + count, 0),
  };
}

/** Whether a client shows the message with its preview and its picture, as the database has it. */
export function isShown(events: readonly ClientEvent[], { told, rendered }: Evidence): boolean {
  return updatesOf(events, told).at(-1)?.rendered_content === rendered && isWhole(rendered, told);
}

/** Whether HTML has the preview of the link, and the thumbnail. */
export function isWhole(rendered: string, { path }: Told): boolean {
  return rendered.includes("message_embed") && rendered.includes(`/thumbnail/${path}/`);
}

/** How two stories ended differently. @returns A line for each difference. */
export function differences(expected: Facts, found: Facts): string[] {
  const names = new Set([...Object.keys(expected), ...Object.keys(found)]);
  return [...names].flatMap((name) => {
    const [left, right] = [expected[name] ?? [], found[name] ?? []];
    return [
      ...left.filter((line) => !right.includes(line)).map((line) => `${name}: lacks ${line}`),
      ...right.filter((line) => !left.includes(line)).map((line) => `${name}: has ${line}`),
      ...(new Set(left).size === new Set(right).size && left.length !== right.length
        ? [`${name}: ${right.length} lines instead of ${left.length}`]
        : []),
    ];
  });
}

/**
 * The message as it came, which is once, and what it shows in the end. Which of preview and picture
 * came first is not the same each time.
 */
function eventLines(all: readonly ClientEvent[], told: Told): string[] {
  const messages = all.filter(({ message }) => message?.id === told.id);
  const last = updatesOf(all, told).at(-1);
  return [
    ...messages.map(({ flags = [], message }) =>
      `message (${flags.join(" ")}) ${withoutNumbers(message?.content ?? "", told)}`
    ),
    ...(last ? [`shown in the end: ${withoutNumbers(last.rendered_content ?? "", told)}`] : []),
  ];
}

function updatesOf(all: readonly ClientEvent[], { id }: Told): ClientEvent[] {
  return all.filter(({ type, message_id }) => type === "update_message" && message_id === id);
}

function mailsOf({ mails, told }: Evidence): StoryMail[] {
  return mails.filter(({ text }) => text.includes(told.link));
}

function pushesOf({ pushes, told }: Evidence): StoryPush[] {
  return pushes.filter(({ text }) => text.includes(told.link));
}

function distinct(lines: readonly string[]): string[] {
  return [...new Set(lines)].sort();
}

/** The text without what differs from story to story. */
function withoutNumbers(text: string, { link, path }: Told): string {
  return text.replaceAll(link, "LINK").replaceAll(path, "PATH")
    .replaceAll(/\/near\/\d+/g, "/near/ID").replaceAll(TOPICS, TOPIC);
}
