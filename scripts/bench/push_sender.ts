/**
 * Sends pushes to the server of the benchmark, 100 at once, and prints its rate as JSON:
 *
 *   deno run -A scripts/bench/push_sender.ts bare|transport COUNT SETTINGS
 */
import assert from "node:assert/strict";
import { loadConfig } from "../../lib/config/config.ts";
import { Apns } from "../../lib/domain/push/apns.ts";
import { apnsSettings } from "../../lib/domain/push/configured.ts";
import { mark } from "./marks.ts";

const [sender = "", count = "", settingsText = ""] = Deno.args;
const { token, ...settings } = JSON.parse(settingsText);
/** Pushes that are not measured, as the code is still being compiled. */
const WARM_UP = 1000;
const AT_ONCE = 100;
const DEVICE = "a1b2c3d4".repeat(8);
const TOPIC = "org.zulip.Zulip";
const PAYLOAD = {
  aps: { alert: { title: "#design > icons", subtitle: "Iago:", body: "x".repeat(200) }, badge: 0 },
  zulip: { message_ids: [1234567], realm_url: "https://zulip.example.com", user_id: 10 },
};

type Send = () => Promise<unknown>;

function bare(): Send {
  const client = Deno.createHttpClient({
    caCerts: [Deno.readTextFileSync(settings.PUSH_CA_FILE)],
    http1: false,
    http2: true,
  });
  return async () => {
    const response = await fetch(`${settings.APNS_URL}/3/device/${DEVICE}`, {
      method: "POST",
      client,
      headers: {
        authorization: `bearer ${token}`,
        "content-type": "application/json",
        "apns-topic": TOPIC,
        "apns-push-type": "alert",
        "apns-priority": "10",
        "apns-expiration": String(Math.floor(Date.now() / 1000) + 3600),
        "apns-id": crypto.randomUUID(),
      },
      body: JSON.stringify(PAYLOAD),
      signal: AbortSignal.timeout(10_000),
    });
    await response.text();
    assert.equal(response.status, 200);
  };
}

function transport(): Send {
  const apns = apnsSettings(loadConfig(settings).push);
  assert(apns);
  const client = new Apns(apns);
  const { signal } = new AbortController();
  return async () => {
    const outcome = await client.send({
      token: DEVICE,
      topic: TOPIC,
      pushType: "alert",
      payload: PAYLOAD,
      expiresAt: new Date(Date.now() + 3_600_000),
      priority: 10,
      id: crypto.randomUUID(),
    }, signal);
    assert.equal(outcome.kind, "sent");
  };
}

async function sendAll(send: Send, count: number): Promise<void> {
  let left = count;
  const lane = async () => {
    while (left-- > 0) await send();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

const send = sender === "bare" ? bare() : transport();
await sendAll(send, WARM_UP);
const from = mark(0);
await sendAll(send, Number(count));
const to = mark(Number(count));
console.log(JSON.stringify({
  perSecond: to.count / ((to.at - from.at) / 1000),
  cpuMicros: (to.cpuMicros - from.cpuMicros) / to.count,
}));
Deno.exit();
