import assert from "node:assert/strict";
import { KnownHosts } from "../../lib/server/hosts.ts";
import { Sessions } from "../../lib/server/sessions.ts";
import { isOpenToOthers, ownTokenFile, tokenProblems, Tokens } from "../../lib/server/tokens.ts";
import { WrongTokens } from "../../lib/server/wrong_tokens.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";

const NONE = { tokenFile: undefined, readTokenFile: undefined };

Deno.test("a token is made once, in a file that only its owner may read", async () => {
  await withFolder((folder) => {
    Tokens.load(NONE, `${folder}/state`);
    const file = ownTokenFile(`${folder}/state`);
    const token = Deno.readTextFileSync(file).trim();
    assert.match(token, /^[\w-]{43}$/);
    assert.equal(isOpenToOthers(file), false);
    const tokens = Tokens.load(NONE, `${folder}/state`);
    assert.equal(tokens.rightOf(token), "changes");
    assert.equal(tokens.rightOf(`${token}x`), undefined);
    assert.equal(tokens.rightOf(""), undefined);
    Deno.writeTextFileSync(file, "");
    assert.throws(() => Tokens.load(NONE, `${folder}/state`), /holds no token: remove it, and/);
    return Promise.resolve();
  });
});

Deno.test("a file of a token that is missing or too short is a problem that says what to do", async () => {
  await withFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/short`, "secret\n");
    const files = { tokenFile: `${folder}/short`, readTokenFile: `${folder}/none` };
    const [short, none] = tokenProblems(files);
    const fix = "put a token of at least 16 characters into the file, with mode 0600";
    assert.deepEqual(short, {
      setting: "HTTP_TOKEN_FILE",
      wrong: `the token in ${folder}/short has 6 characters`,
      fix,
    });
    assert.equal(none?.setting, "HTTP_READ_TOKEN_FILE");
    assert.match(none?.wrong ?? "", /none cannot be read \(.*ENOENT/);
    assert.deepEqual(tokenProblems(NONE), []);
    return Promise.resolve();
  });
});

Deno.test("wrong tokens count by address, for a minute", () => {
  let now = 0;
  const wrong = new WrongTokens(() => now);
  for (let n = 0; n < 5; n++) {
    assert.equal(wrong.isLimited("a"), false);
    wrong.add("a");
  }
  assert.equal(wrong.isLimited("a"), true);
  assert.equal(wrong.isLimited("b"), false);
  now = 60_000;
  assert.equal(wrong.isLimited("a"), false);
});

Deno.test("a session ends after 12 hours", () => {
  let now = 0;
  const sessions = new Sessions(() => now);
  const id = sessions.begin({ by: "ada", right: "events" });
  now = 12 * 60 * 60 * 1000 - 1;
  assert.equal(sessions.find(id)?.by, "ada");
  now++;
  assert.equal(sessions.find(id), undefined);
  assert.equal(sessions.find(""), undefined);
});

Deno.test("the addresses of this machine are known names, those of others are not", () => {
  const hosts = new KnownHosts(["0.0.0.0", "queues.example.com"], () => ["10.0.0.5", "fe80::1"]);
  for (const known of ["10.0.0.5:9090", "[fe80::1]:9090", "QUEUES.example.com", "LOCALHOST"]) {
    assert(hosts.has(known), known);
  }
  for (const wrong of [null, "", "10.1.2.3", "10.0.0.5.evil.example", "evil.example", "[::2]"]) {
    assert(!hosts.has(wrong), String(wrong));
  }
});

Deno.test("where a sandbox hides the addresses of the machine, requests name the server otherwise", () => {
  const hosts = new KnownHosts(["queues.example.com"], () => {
    throw new Error("Address family not supported by protocol");
  });
  assert.deepEqual(
    ["127.0.0.1:9090", "queues.example.com", "10.0.0.5"].map((host) => hosts.has(host)),
    [
      true,
      true,
      false,
    ],
  );
});
