/**
 * Collects what a story is judged by.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { statSync } from "node:fs";
import PostalMime from "postal-mime";
import { z } from "zod";
import type { ReceivedMail } from "../../smtp/private.ts";
import type { StoryDeployment } from "./deployment.ts";
import type { Evidence, StoryMail, StoryPush } from "./facts.ts";
import { PREVIEW_IN_PUSH } from "./pages.ts";
import type { Told } from "./tell.ts";

const metadata = z.array(
  z.object({ extension: z.string(), max_width: z.int(), max_height: z.int() }),
);

/** Collects the evidence of stories, in their order. */
export async function evidenceOf(
  deployment: StoryDeployment,
  all: readonly Told[],
): Promise<Evidence[]> {
  const mails = await Promise.all(deployment.smtp.received().map(mailOf));
  const pushes = pushesIn(deployment);
  const events = Object.fromEntries(
    Array.from(deployment.clients, ([name, client]) => [name, client.events]),
  );
  return await Promise.all(all.map(async (told) => ({
    ...{ told, events, mails: mails.flat(), pushes },
    ...await rowsOf(deployment, told),
  })));
}

async function mailOf({ raw, recipients }: ReceivedMail): Promise<StoryMail[]> {
  const { subject = "", text = "" } = await PostalMime.parse(Buffer.from(raw, "latin1"));
  return recipients.map((to) => ({ to, subject, text }));
}

/** The pushes that were delivered. What the services know them by is not the same each time. */
function pushesIn({ push }: StoryDeployment): StoryPush[] {
  const apns = push.received("apns").filter(({ isDone }) => isDone).map(({ what, text }) => ({
    to: `apns ${what.slice(0, 8)}`,
    text: shownText(JSON.parse(text).aps.alert),
  }));
  const fcm = push.received("fcm").filter(({ isDone }) => isDone).map(({ text }) => {
    const { token, data } = JSON.parse(text).message;
    const { content, sender_full_name, stream, topic } = data;
    const shown = { content, sender_full_name, stream, topic };
    return { to: `fcm ${token.slice(0, 8)}`, text: shownText(shown) };
  });
  return [...apns, ...fcm];
}

/** What a phone shows, without the preview, which the message may have by then. */
function shownText(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}: ${value.replace(PREVIEW_IN_PUSH, "")}`).join(", ");
}

async function rowsOf(
  { db, stage }: StoryDeployment,
  { id, path }: Told,
): Promise<Pick<Evidence, "rendered" | "flags" | "thumbnails">> {
  const message = await db.selectFrom("zerver_message").select("rendered_content")
    .where("id", "=", id).executeTakeFirst();
  const flags = await db.selectFrom("zerver_usermessage as copy")
    .innerJoin("zerver_userprofile as user", "user.id", "copy.user_profile_id")
    .select(["user.full_name", "copy.flags"]).where("copy.message_id", "=", id)
    .orderBy("user.id").execute();
  const picture = await db.selectFrom("zerver_imageattachment").select("thumbnail_metadata")
    .where("path_id", "=", path).executeTakeFirst();
  const folder = `${stage.uploads}/files/thumbnail/${path}`;
  return {
    rendered: message?.rendered_content ?? "",
    flags: flags.map(({ full_name, flags }) => [full_name, Number(flags)] as const),
    thumbnails: metadata.parse(picture?.thumbnail_metadata ?? [])
      .map(({ extension, max_width, max_height }) => `${max_width}x${max_height}.${extension}`)
      .map((name) => `${name}: ${sizeOf(`${folder}/${name}`)} bytes`),
  };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
