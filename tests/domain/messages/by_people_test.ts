import assert from "node:assert/strict";
import { sql } from "kysely";
import { isByPerson } from "../../../lib/domain/messages/by_people.ts";
import { domainTest } from "../../fixtures/database/shapes.ts";

domainTest("people write with Zulip's apps, and integrations with other programs", async (db) => {
  const people = [
    "website",
    "ZulipMobile",
    "ZulipElectron",
    "zulip desktop app 5.2",
    "ZulipFlutter",
  ];
  const programs = ["ZulipPython", "Zapier", "Internal", "website2", "curl"];
  const names = [...people, ...programs];
  await db.insertInto("zerver_client").values(names.map((name) => ({ name }))).execute();
  const { rows } = await sql<{ name: string }>`
    select client.name from zerver_client as client
    where ${isByPerson("client.name")} order by id`.execute(db);
  assert.deepEqual(rows.map(({ name }) => name), people);
});
