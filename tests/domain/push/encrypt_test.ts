import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { xsalsa20poly1305 } from "@noble/ciphers/salsa.js";
import { encryptForDevice, PushKeyError, secretBox } from "../../../lib/domain/push/encrypt.ts";

function bytes(...hex: string[]): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.join(""), "hex"));
}

/** The test of NaCl and libsodium for `crypto_secretbox` (secretbox.c, secretbox.exp). */
const NACL = {
  key: bytes("1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389"),
  nonce: bytes("69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37"),
  text: bytes(
    "be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffc",
    "e5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce314adb31",
    "0e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde",
    "048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f93776384864",
    "5e0705",
  ),
  box: bytes(
    "f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce",
    "48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b4da7f011ec48c972",
    "71d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae",
    "90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b3",
    "7973f622a43d14a6599b1f654cb45a74e355a5",
  ),
};

const KEY = Uint8Array.of(0x31, ...NACL.key);

/** What the app does. */
function open(text: string): string {
  const all = Uint8Array.from(Buffer.from(text, "base64"));
  const box = xsalsa20poly1305(NACL.key, all.subarray(0, 24));
  return new TextDecoder().decode(box.decrypt(all.subarray(24)));
}

Deno.test("a secret box is NaCl's", () => {
  assert.deepEqual(Buffer.from(secretBox(NACL.key, NACL.nonce, NACL.text)), Buffer.from(NACL.box));
});

Deno.test("what is encrypted for a device can be read with its key alone", () => {
  const text = JSON.stringify({ type: "message", content: "Grüße 🎉" });
  const encrypted = encryptForDevice(KEY, text);
  assert.match(encrypted, /^[A-Za-z0-9+/]+=*$/);
  assert.equal(open(encrypted), text);
  const changed = Buffer.from(encrypted, "base64");
  changed[30] = (changed[30] ?? 0) ^ 1;
  assert.throws(() => open(changed.toString("base64")));
});

Deno.test("the same text is encrypted another way each time", () => {
  const boxes = Array.from({ length: 20 }, () => encryptForDevice(KEY, "the same"));
  assert.equal(new Set(boxes).size, 20);
});

Deno.test("a key of another form is refused, and not shown", () => {
  const wrong = [
    [KEY.subarray(0, 32), /^the device's push key has 32 bytes, not 33: the device must register/],
    [new Uint8Array(0), /has 0 bytes/],
    [Uint8Array.of(0x32, ...NACL.key), /^the device's push key begins with 50, not 49: it is for/],
  ] as const;
  for (const [key, message] of wrong) {
    assert.throws(() => encryptForDevice(key, "x"), (error: Error) => {
      assert(error instanceof PushKeyError);
      assert.match(error.message, message);
      return true;
    });
  }
});
