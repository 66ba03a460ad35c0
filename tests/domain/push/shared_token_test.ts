import assert from "node:assert/strict";
import { type IssuedToken, SharedToken } from "../../../lib/domain/push/shared_token.ts";

/** Tokens that are renewed after 50 s and expire after 60 s. */
class Issuer {
  now = 1_000_000;
  count = 0;
  isAway = false;
  readonly token: SharedToken = new SharedToken((now) => this.#issue(now), () => this.now);

  async #issue(now: number): Promise<IssuedToken> {
    this.count++;
    await Promise.resolve();
    if (this.isAway) throw new Error("away");
    return { text: `token ${this.count}`, renewAt: now + 50_000, expiresAt: now + 60_000 };
  }

  /** The token after some more ms. */
  async after(ms: number): Promise<string> {
    this.now += ms;
    return await this.token.get();
  }
}

Deno.test("a shared token is issued once for all who ask at once", async () => {
  const issuer = new Issuer();
  const texts = await Promise.all(Array.from({ length: 100 }, () => issuer.token.get()));
  assert.deepEqual(new Set(texts), new Set(["token 1"]));
  assert.equal(issuer.count, 1);
});

Deno.test("a shared token is renewed before it expires, and once for all", async () => {
  const issuer = new Issuer();
  assert.equal(await issuer.after(0), "token 1");
  assert.equal(await issuer.after(49_999), "token 1");
  issuer.now += 1;
  const texts = await Promise.all([issuer.token.get(), issuer.token.get()]);
  assert.deepEqual(texts, ["token 2", "token 1"], "who comes later does not wait");
  assert.equal(await issuer.after(0), "token 2");
  assert.equal(issuer.count, 2);
});

Deno.test("a token that cannot be renewed serves while it is valid, and not longer", async () => {
  const issuer = new Issuer();
  await issuer.after(0);
  issuer.isAway = true;
  assert.equal(await issuer.after(50_000), "token 1");
  assert.equal(issuer.count, 2);
  assert.equal(await issuer.after(9_999), "token 1");
  assert.equal(issuer.count, 2, "it tries again after 30 s only");
  await assert.rejects(issuer.after(1), { message: "away" });
  issuer.isAway = false;
  assert.equal(await issuer.after(0), "token 4");
});

Deno.test("a token that was refused is forgotten, and only that one", async () => {
  const issuer = new Issuer();
  const first = await issuer.after(0);
  issuer.token.forget(first);
  assert.equal(await issuer.after(0), "token 2");
  issuer.token.forget(first);
  assert.equal(await issuer.after(0), "token 2");
});

Deno.test("a clock that is set back makes a new token", async () => {
  const issuer = new Issuer();
  await issuer.after(0);
  assert.equal(await issuer.after(-3_600_000), "token 2");
});
