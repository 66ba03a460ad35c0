/** What the binary may do, and the errors of making it. */

import assert from "node:assert/strict";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { compileBundle, isRuntimeMissing, PERMISSIONS, problemOf } from "../../scripts/compile.ts";
import { checksumLine, writeChecksums } from "../../scripts/compile/checksums.ts";
import { platformOf, readArguments, TARGETS } from "../../scripts/compile/targets.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";

Deno.test("the binary may use the network, files, its environment, start itself, and nothing else", () => {
  assert.deepEqual(PERMISSIONS, ["net", "read", "write", "env", "sys", "run"]);
});

Deno.test("an error about a runtime that cannot be downloaded says what to do", () => {
  const text = problemOf("error: error sending request for url (denort-x86_64.zip): dns error");
  assert.match(
    text,
    /could not be downloaded: .* set the variable DENORT_BIN to the path of its file$/s,
  );
  assert.doesNotMatch(problemOf("error: Type checking failed."), /DENORT_BIN/);
  assert.equal(isRuntimeMissing("error: Type checking failed."), false);
});

Deno.test("the command line names an output and a platform, or all platforms", () => {
  const [target = ""] = TARGETS;
  assert.deepEqual(readArguments([]), { target: undefined, all: false, output: undefined });
  assert.deepEqual(readArguments(["--target", target, "a"]), { target, all: false, output: "a" });
  assert.deepEqual(readArguments(["--all-targets", "a"]), {
    target: undefined,
    all: true,
    output: "a",
  });
  const wrong: readonly [args: string[], message: RegExp][] = [
    [["--target", "pdp11"], /^there is no platform pdp11: give x86_64-unknown-linux-gnu, .* or /],
    [["--target", target, "--all-targets"], /^give --target or --all-targets, not both$/],
    [["a", "b"], /^deno task compile takes one output, a file$/],
    [["--tarqet"], /--tarqet/],
  ];
  for (const [args, message] of wrong) {
    const read = readArguments(args);
    assert(typeof read === "string");
    assert.match(read, message);
  }
});

Deno.test("binaries are named after their platform", () => {
  assert.deepEqual(TARGETS.map(platformOf), [
    "linux-x86_64",
    "linux-aarch64",
    "darwin-x86_64",
    "darwin-aarch64",
  ]);
});

Deno.test("a binary for another platform has the same rights", () =>
  withFolder(async (folder) => {
    writeFileSync(`${folder}/compiler`, `#!/bin/sh\necho "$@" > '${folder}/args'\n`);
    chmodSync(`${folder}/compiler`, 0o755);
    const before = Deno.env.get("COMPILE");
    Deno.env.set("COMPILE", `${folder}/compiler`);
    try {
      assert.equal(await compileBundle(folder, "/out/pq", "aarch64-apple-darwin"), undefined);
    } finally {
      if (before === undefined) Deno.env.delete("COMPILE");
      else Deno.env.set("COMPILE", before);
    }
    const rights = PERMISSIONS.map((name) => `--allow-${name}`).join(" ");
    assert.equal(
      readFileSync(`${folder}/args`, "utf8"),
      `${rights} --no-check --no-code-cache --target aarch64-apple-darwin -o /out/pq main.js\n`,
    );
  }));

Deno.test("the checksums are those of sha256sum", () =>
  withFolder((folder) => {
    const line = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  empty\n";
    assert.equal(checksumLine("empty", new Uint8Array()), line);
    writeFileSync(`${folder}/empty`, "");
    writeChecksums(folder, [`${folder}/empty`]);
    assert.equal(readFileSync(`${folder}/SHA256SUMS`, "utf8"), line);
    return Promise.resolve();
  }));
