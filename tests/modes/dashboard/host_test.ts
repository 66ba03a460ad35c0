/** What the dashboard knows of its host. */

import assert from "node:assert/strict";
import { DashboardHost, type DashboardHostOptions } from "../../../lib/modes/dashboard/host.ts";
import { readConfig } from "../../../lib/config/config.ts";
import type { Checks } from "../../../lib/operations/dashboard/finding.ts";

Deno.test("whoever wants the checks again while they run waits for those that run", async () => {
  const found = Promise.withResolvers<Checks>();
  let runs = 0;
  const check = () => {
    runs++;
    return found.promise;
  };
  const config = readConfig({ BROKER: "embedded" });
  const host = new DashboardHost({ config, check } as Partial<DashboardHostOptions> as never);
  const all = Promise.all([host.checks(true), host.checks(true), host.checks(false)]);
  found.resolve({ at: "", seconds: 1, findings: [], check: { status: 0, text: "" } });
  await all;
  assert.equal(runs, 1);
  await host.checks(false);
  assert.equal(runs, 1, "they are kept for a minute");
  await host.checks(true);
  assert.equal(runs, 2);
});
