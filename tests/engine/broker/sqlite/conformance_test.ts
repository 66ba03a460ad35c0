import { openSqliteBroker } from "../../../../lib/engine/broker/sqlite/sqlite.ts";
import { inFolder } from "../../../domain/database/each_database.ts";
import { brokerConformance } from "../conformance.ts";

brokerConformance("SQLite", (name, test) => {
  Deno.test(name, () =>
    inFolder(async (stateDir) => {
      await using broker = await openSqliteBroker({ stateDir, version: "1" });
      await test(broker, "queue");
    }));
});
