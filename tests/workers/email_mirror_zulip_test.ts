import assert from "node:assert/strict";
import { postgresCopyTest } from "../servers.ts";
import { inFolder } from "../domain/database/each_database.ts";
import { HookServer } from "../fixtures/bots/hook_server.ts";
import { openDatabase } from "../../lib/domain/database/database.ts";
import { ZULIP_TEMPLATE, zulipUrl } from "../fixtures/database/shapes.ts";
import { mime, plain } from "../fixtures/mirror/mime.ts";
import { MirrorRealm } from "../fixtures/mirror/mirror_realm.ts";

const API = "/api/v1/messages";
const MAIL = () => mime({}, plain("Hello"), { type: "text/csv", body: "1,2", name: "a.csv" });

interface OnZulips {
  readonly mirror: MirrorRealm;
  readonly server: HookServer;
  readonly environment: Record<string, string>;
}

/** On the database of a Zulip server, whose API is a server that the test scripts. */
function zulipTest(name: string, fn: (on: OnZulips) => Promise<void>): void {
  postgresCopyTest(name, ZULIP_TEMPLATE, ({ url }) =>
    inFolder(async (uploads) => {
      await using db = await openDatabase(zulipUrl(url));
      await using server = new HookServer();
      const mirror = await MirrorRealm.make(db, uploads);
      const environment = { MIRROR_AS_USER: "true", ZULIP_SITE: server.url("") };
      await fn({ mirror, server, environment });
    }));
}

zulipTest("an answer is sent by the REST API with the user's key, once", async (on) => {
  const { mirror, server, environment } = on;
  const { realm, ids: { ada, ben }, db } = mirror;
  server.answer(API, { result: "success", id: 42, msg: "" });
  const message = await realm.message(ben, mirror.recipient, [ada], { subject: "lunch" });
  const address = await mirror.replyAddress(ada, message);
  const mail = MAIL();
  assert.equal((await mirror.mirror(mail, address, environment)).outcome, "done");
  assert.equal((await mirror.mirror(mail, address, environment)).outcome, "done");
  const [request, ...others] = server.requests;
  assert(request && others.length === 0);
  const { api_key } = await db.selectFrom("zerver_userprofile").select("api_key")
    .where("id", "=", ada).executeTakeFirstOrThrow();
  assert.equal(request.headers["authorization"], `Basic ${btoa(`ada@example.com:${api_key}`)}`);
  const [file] = await db.selectFrom("zerver_attachment").selectAll().execute();
  assert.equal(
    new URLSearchParams(request.body).get("content"),
    `Hello\n\n[a.csv](/user_uploads/${file?.path_id})`,
  );
  assert.deepEqual(await mirror.messages(), []);
});

zulipTest("while the server does not answer, the mail waits", async (on) => {
  const { mirror, server, environment } = on;
  const { realm, ids: { ada, ben } } = mirror;
  server.answer(API, { result: "error", msg: "sesame" }, 500);
  const address = await mirror.replyAddress(
    ada,
    await realm.message(ben, mirror.recipient, [ada], { subject: "lunch" }),
  );
  const { outcome, counted } = await mirror.mirror(MAIL(), address, environment);
  assert.deepEqual([outcome, counted], ["retried", false]);
});

zulipTest(
  "a mail that the server has certainly not taken is sent as if for the first time",
  async (on) => {
    const { mirror, server, environment } = on;
    const { realm, ids: { ada, ben }, db } = mirror;
    const message = await realm.message(ben, mirror.recipient, [ada], { subject: "lunch" });
    const address = await mirror.replyAddress(ada, message);
    const mail = MAIL();
    server.answer(API, { result: "error", msg: "Slow", "retry-after": 3600 }, 429);
    assert.equal((await mirror.mirror(mail, address, environment)).outcome, "retried");
    server.answer(API, { result: "success", id: 42, msg: "" });
    const { outcome, logs } = await mirror.mirror(mail, address, environment);
    assert.equal(outcome, "done");
    assert.deepEqual(logs.filter((line) => line.startsWith("warning")), []);
    const [used] = await db.selectFrom("zerver_missedmessageemailaddress").select("times_used")
      .execute();
    assert.equal(used?.times_used, 1);
  },
);

zulipTest("an address whose sender is the server's own bot takes no mail", async (on) => {
  const { logs } = await on.mirror.mirror(MAIL(), undefined, on.environment);
  assert.deepEqual(logs, [
    "warning Failed to process email to kitchen (acme): bots of the server itself cannot send by " +
    "the REST API; make an address of the channel with another sender",
  ]);
  assert.deepEqual(on.server.requests, []);
});

zulipTest("without MIRROR_AS_USER, the worker does not run", async (on) => {
  const { outcome, error } = await on.mirror.mirror(MAIL(), undefined, {});
  assert.deepEqual([outcome, error?.message], ["paused", "Waiting for the database"]);
  assert.deepEqual(await on.mirror.messages(), []);
});
