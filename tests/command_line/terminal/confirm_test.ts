import assert from "node:assert/strict";
import { confirm } from "../../../lib/command_line/terminal/confirm.ts";

const answering = (answer: string | null) => ({ isTerminal: true, ask: () => answer });

Deno.test("only a clear yes counts", () => {
  for (const yes of ["y", "Y", "yes", " yes "]) {
    assert(confirm("Purge", false, answering(yes)), yes);
  }
  for (const no of ["", "n", "yeah", null]) {
    assert(!confirm("Purge", false, answering(no)), String(no));
  }
});

Deno.test("--yes asks nobody", () => {
  const ask = () => assert.fail("it asks");
  assert(confirm("Purge", true, { isTerminal: true, ask }));
  assert(confirm("Purge", true, { isTerminal: false, ask }));
});

Deno.test("where nobody can be asked, an error says what would be done and what to add", () => {
  const asking = { isTerminal: false, ask: () => "y" };
  assert.throws(() => confirm("Purge 12 events", false, asking), {
    name: "UsageError",
    message: "Purge 12 events? Nobody can be asked here: add --yes if it is meant",
  });
});
