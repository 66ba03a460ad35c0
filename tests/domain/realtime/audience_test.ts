import assert from "node:assert/strict";
import { type Destination, targetsOf } from "../../../lib/domain/realtime/audience.ts";
import { noticeUser } from "../../../lib/domain/realtime/message_notice.ts";
import { clientsOf, eventClient } from "../../fixtures/realtime/clients.ts";

Deno.test("a message goes to the clients of its users, and one of a public channel to those that read all", () => {
  const clients = clientsOf(
    eventClient({ queueId: "reader" }),
    eventClient({ queueId: "reader's bot", allPublicStreams: true }),
    eventClient({ queueId: "stranger", userId: 6 }),
    eventClient({ queueId: "stranger's bot", userId: 6, allPublicStreams: true }),
    eventClient({ queueId: "with a narrow", userId: 6, narrow: [["channel", "design"]] }),
    eventClient({ queueId: "of another realm", userId: 7, realmId: 2, allPublicStreams: true }),
  );
  const users = [noticeUser.parse({ id: 5, flags: ["mentioned"] }), noticeUser.parse({ id: 8 })];
  const targets = (publicInRealm?: number, senderQueueId?: string) => {
    const destination: Destination = { publicInRealm, senderQueueId };
    return targetsOf(clients, users, destination).map(({ client, flags, isSender }) =>
      [client.queueId, ...flags, ...(isSender ? ["sent it"] : [])].join(": ")
    ).sort();
  };
  assert.deepEqual(targets(undefined), ["reader's bot: mentioned", "reader: mentioned"]);
  assert.deepEqual(targets(undefined, "reader"), [
    "reader's bot: mentioned",
    "reader: mentioned: sent it",
  ]);
  assert.deepEqual(targets(1), [
    "reader's bot: mentioned",
    "reader: mentioned",
    "stranger's bot",
    "with a narrow",
  ]);
});
