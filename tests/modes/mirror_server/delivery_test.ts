import assert from "node:assert/strict";
import { Delivery, type DeliveryOptions } from "../../../lib/modes/mirror_server/delivery.ts";
import { RealmRates } from "../../../lib/modes/mirror_server/realm_rates.ts";
import type { Target } from "../../../lib/modes/mirror_server/recipients.ts";
import { REPLY } from "../../../lib/modes/mirror_server/replies.ts";

const mail = new TextEncoder().encode("Message-ID: <1@example.com>\r\n\r\na");
const target = (address: string): Target => ({ kind: "mirror", address, realm: 1 });
const POSTMASTER: Target = { kind: "postmaster" };

function deliveryWith(options: Partial<DeliveryOptions>) {
  const done: string[] = [];
  const delivery = new Delivery({
    publish: (queue, event) => {
      done.push(`${queue} ${(event as { rcpt_to: string }).rcpt_to}`);
      return Promise.resolve();
    },
    forward: () => {
      done.push("forwarded");
      return Promise.resolve(REPLY.accepted);
    },
    rates: new RealmRates([{ seconds: 60, mails: 2 }]),
    answerMs: 60_000,
    log: (level, message) => done.push(`${level} ${message}`),
    ...options,
  });
  return { delivery, done };
}

Deno.test("Delivery forwards a mail to postmaster once, when its events are confirmed", async () => {
  const { delivery, done } = deliveryWith({});
  const targets = [POSTMASTER, target("a"), POSTMASTER, target("b")];
  assert.equal(await delivery.deliver(mail, targets), REPLY.accepted);
  assert.deepEqual(done, ["email_mirror a", "email_mirror b", "forwarded"]);
});

Deno.test("Delivery counts no mail that could not be forwarded", async () => {
  const rates = new RealmRates([{ seconds: 60, mails: 1 }]);
  const forward = () => Promise.resolve(REPLY.noPostmaster);
  const { delivery } = deliveryWith({ rates, forward });
  assert.equal(await delivery.deliver(mail, [target("a"), POSTMASTER]), REPLY.noPostmaster);
  assert.ok(rates.hasRoom(1, 0, Date.now()));
  assert.equal(await delivery.deliver(mail, [target("a")]), REPLY.accepted);
  assert.ok(!rates.hasRoom(1, 0, Date.now()));
});

Deno.test(
  "Delivery defers a mail that is not confirmed in time, and publishes it to nobody else",
  async () => {
    const confirmed = Promise.withResolvers<void>();
    const published: string[] = [];
    const { delivery, done } = deliveryWith({
      answerMs: 50,
      publish: (_, event) => {
        published.push((event as { rcpt_to: string }).rcpt_to);
        return confirmed.promise;
      },
    });
    assert.equal(await delivery.deliver(mail, [target("a"), target("b")]), REPLY.noBroker);
    assert.match(
      done[0] ?? "",
      /^warning A mail was not accepted, as its events were not confirmed/,
    );
    confirmed.resolve();
    await new Promise((resolve) => setTimeout(resolve));
    assert.deepEqual(published, ["a"]);
  },
);

Deno.test("Delivery waits for an SMTP server longer than for the broker", async () => {
  const { delivery, done } = deliveryWith({
    answerMs: 0,
    forward: async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return REPLY.accepted;
    },
  });
  assert.equal(await delivery.deliver(mail, [POSTMASTER]), REPLY.accepted);
  assert.deepEqual(done, []);
});

Deno.test("Delivery throws what is a fault of the program", async () => {
  const { delivery } = deliveryWith({ publish: () => Promise.reject(new TypeError("a fault")) });
  await assert.rejects(delivery.deliver(mail, [target("a")]), TypeError);
});
