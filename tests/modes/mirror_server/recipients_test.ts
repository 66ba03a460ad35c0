import assert from "node:assert/strict";
import { isPostmaster } from "../../../lib/modes/mirror_server/recipients.ts";

Deno.test("isPostmaster knows the postmaster of the pattern and of its domain", () => {
  const cases: readonly (readonly [pattern: string, address: string, is: boolean])[] = [
    ["%s@mirror.example", "postmaster", true],
    ["%s@mirror.example", "POSTMASTER", true],
    ["%s@mirror.example", "PostMaster@Mirror.example", true],
    ["%s@mirror.example", "postmaster@else.example", false],
    ["%s@mirror.example", "postmaster.a@mirror.example", false],
    ["zulip+%s@example.com", "postmaster@example.com", true],
    ["zulip+%s@example.com", "zulip+postmaster@example.com", true],
  ];
  for (const [pattern, address, is] of cases) {
    assert.equal(isPostmaster(address, { pattern }), is, `${pattern} ${address}`);
  }
});
