import assert from "node:assert/strict";
import { EventSecrets } from "../../../lib/engine/settle/event_secrets.ts";
import { eventWorker } from "../../../lib/server/realtime/event_worker.ts";

Deno.test("no notice shows texts of messages, addresses or keys", () => {
  const { secrets = [] } = eventWorker({ host: "127.0.0.1", port: 0, shardPort: undefined });
  const hidden = new EventSecrets(secrets);
  const events: Record<string, unknown>[] = [
    {
      message_dict: {
        ...{ content: "hush 1", rendered_content: "hush 2", sender_email: "hush 3" },
        ...{ sender_delivery_email: "hush 4", display_recipient: [{ id: 5, email: "hush 5" }] },
      },
    },
    { orig_content: "hush 1", orig_rendered_content: "hush 2", content: "hush 3" },
    { person: { email: "hush 1", delivery_email: "hush 2", new_email: "hush 3" } },
    { bot: { api_key: "hush 1", email: "hush 2", services: [{ token: "hush 3" }] } },
    { drafts: [{ content: "hush 1" }], saved_snippet: { content: "hush 2" } },
    { scheduled_messages: [{ content: "hush 1", rendered_content: "hush 2" }] },
    { recipients: [{ user_id: 5, email: "hush 1" }], sender: { email: "hush 2" } },
    { email: "hush 1", status_text: "hush 2" },
  ];
  for (const event of events) {
    const body = JSON.stringify({ event: { type: "any", ...event }, users: [5] });
    const shown = hidden.maskedBody(body, false);
    assert.match(shown ?? "", /"type": ?"any".*\*\*\*/);
    assert.doesNotMatch(shown ?? "", /hush/);
  }
});
