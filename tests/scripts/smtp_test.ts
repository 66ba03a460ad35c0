/** The SMTP server for development, and what the docs say to try with it. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { freePort } from "../../scripts/private_server.ts";
import { mailLines } from "../../scripts/smtp/mail.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A mail as it is sent. */
function mail(...lines: readonly string[]): Uint8Array {
  return new TextEncoder().encode(lines.join("\r\n"));
}

Deno.test("a mail is shown with its subject, sender, recipients and links, each once", async () => {
  const raw = mail(
    "From: =?utf-8?Q?Zulip_f=C3=BCr_alle?= <noreply@example.com>",
    "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: quoted-printable",
    "",
    "Open <https://example.com/a?b=3D1> or (http://localhost/c), not https://example.com/a?b=3D1=",
    " again.",
  );
  assert.deepEqual(await mailLines(raw, { recipients: ["ada@example.com", "ben@example.com"] }), [
    "Grüße",
    "  from Zulip für alle <noreply@example.com>",
    "  to ada@example.com, ben@example.com",
    "  https://example.com/a?b=1",
    "  http://localhost/c",
  ]);
});

Deno.test("a mail without a text is shown, and one cannot control the terminal", async () => {
  const raw = mail(
    "Subject: red \u001b[31m",
    "Content-Type: text/html",
    "",
    '<a href="http://a/b">',
  );
  const lines = await mailLines(raw, { recipients: ["ada@example.com"] });
  assert.deepEqual(lines, [
    "red  [31m",
    "  from (nobody)",
    "  to ada@example.com",
    "  http://a/b",
  ]);
  assert.equal((await mailLines(mail("", ""), { recipients: [] }))[0], "(no subject)");
});

Deno.test("a port that is in use ends deno task smtp with the advice to take another", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", `${ROOT}scripts/smtp.ts`, "--port", `${port}`],
  }).output();
  assert.equal(code, 1);
  assert.equal(
    new TextDecoder().decode(stderr),
    `Port ${port} of 127.0.0.1 is in use: end what uses it, or give another --port\n`,
  );
});

Deno.test("a folder for mails that cannot be made ends deno task smtp with one line", async () => {
  const file = await Deno.makeTempFile();
  try {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "--no-check", `${ROOT}scripts/smtp.ts`, "--dir", `${file}/x`],
    }).output();
    const decoder = new TextDecoder();
    assert.deepEqual([code, decoder.decode(stdout), decoder.decode(stderr)], [
      2,
      "",
      `The folder ${file}/x cannot be made (ENOTDIR): give another --dir\n`,
    ]);
  } finally {
    await Deno.remove(file);
  }
});

/** Writes a program of the folder `bin` that runs a script of ours. */
function writeProgram(path: string, script: string, args: string): void {
  const run = `exec '${Deno.execPath()}' run -A --quiet --no-check --no-lock '${ROOT}${script}'`;
  Deno.writeTextFileSync(path, `#!/bin/sh\n${run} ${args}\n`, { mode: 0o755 });
}

Deno.test("what docs/trying-workers.md says of mails shows one in German", async () => {
  const page = await Deno.readTextFile(`${ROOT}docs/trying-workers.md`);
  const [, block = ""] = /\n## Mails\n[^]*?```sh\n([^]*?)```/.exec(page) ?? [];
  const folder = await Deno.makeTempDir({ prefix: "pq-mail-" });
  try {
    const port = freePort();
    Deno.mkdirSync(`${folder}/bin`);
    writeProgram(`${folder}/bin/process-queue`, "main.ts", '"$@"');
    // `deno task smtp …`, on a port of its own.
    writeProgram(`${folder}/bin/deno`, "scripts/smtp.ts", `--port ${port} "$3" "$4"`);
    const { code, stdout, stderr } = await new Deno.Command("bash", {
      args: ["-c", `${block}\nkill %1`],
      cwd: folder,
      env: { PATH: `${folder}/bin:${Deno.env.get("PATH")}`, EMAIL_PORT: `${port}` },
    }).output();
    const printed = new TextDecoder().decode(stdout);
    assert.equal(code, 0, printed + new TextDecoder().decode(stderr));
    assert.match(printed, /^done 1, retried 0, failed 0/m);
    assert.match(printed, /^Passwort für Fjord Software zurücksetzen$/m);
    assert.match(printed, /^ {2}to clara@example\.com$/m);
    assert.match(printed, /^ {2}http:\/\/localhost\/accounts\/password\/reset\/1$/m);
    assert.equal([...Deno.readDirSync(`${folder}/mails`)].length, 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
