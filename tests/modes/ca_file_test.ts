import assert from "node:assert/strict";
import { readCaFile } from "../../lib/modes/ca_file.ts";

const PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

async function inFile<T>(content: string | Uint8Array, run: (path: string) => T): Promise<T> {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeFile(
      path,
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    );
    return run(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("readCaFile passes over a byte order mark", async () => {
  assert.equal(await inFile(`\ufeff${PEM}`, readCaFile), PEM);
});

Deno.test("readCaFile says what to do with a file that is not UTF-8", async () => {
  await inFile(Uint8Array.from([0xff, 0xfe, 0x2d, 0]), (path) => {
    assert.throws(() => readCaFile(path), {
      name: "ConfigError",
      message: /AMQP_CA_FILE: .* cannot be read: it is not UTF-8: save it as UTF-8/,
    });
  });
});
