import assert from "node:assert/strict";
import { clientName, placeOf } from "../../../lib/server/realtime/caller.ts";

Deno.test("the kind of a client is the name in its User-Agent", () => {
  const rows: [agent: string | null, name: string][] = [
    ["ZulipMobile/27.192 (Android 12)", "ZulipMobile"],
    ["ZulipPython/0.9.0", "ZulipPython"],
    ["Mozilla/5.0 (X11; Linux x86_64)", "website"],
    ["curl", "curl"],
    ["", "Unspecified"],
    ["a".repeat(31), "Unspecified"],
    [null, "Unspecified"],
  ];
  for (const [agent, name] of rows) assert.equal(clientName(agent), name, String(agent));
});

Deno.test("only a proxy on this host says where a request comes from", () => {
  const request = new Request("http://localhost/", { headers: { "x-real-ip": "10.0.0.9" } });
  const rows: [remote: string, place: string][] = [
    ["127.0.0.1", "10.0.0.9"],
    ["::1", "10.0.0.9"],
    ["::ffff:127.0.0.1", "10.0.0.9"],
    ["192.0.2.1", "192.0.2.1"],
  ];
  for (const [remote, place] of rows) assert.equal(placeOf(request, remote), place);
  assert.equal(placeOf(new Request("http://localhost/"), "127.0.0.1"), "127.0.0.1");
});
