import assert from "node:assert/strict";
import {
  AddressError,
  channelAddress,
  decodeAddress,
  type GatewayPatterns,
  isMirrorAddress,
  type MirrorOptions,
} from "../../../lib/domain/mirror/address.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";
const REPLY = `mm${TOKEN}`;
const PLAIN: GatewayPatterns = { pattern: "%s@in.example.com" };
const NONE: MirrorOptions = {
  showSender: false,
  includeFooter: false,
  includeQuotes: false,
  prefersHtml: false,
};

const CHANNELS: readonly (readonly [string, string, Partial<MirrorOptions>])[] = [
  ["the token alone", `${TOKEN}@in.example.com`, {}],
  ["a name and a dot", `errors.${TOKEN}@in.example.com`, {}],
  ["a name and a plus", `errors+${TOKEN}@in.example.com`, {}],
  ["one option", `errors.${TOKEN}.show-sender@in.example.com`, { showSender: true }],
  [
    "options in any order, before the token too",
    `include-quotes+errors.include-footer.${TOKEN}@in.example.com`,
    { includeQuotes: true, includeFooter: true },
  ],
  ["prefer-html", `a.${TOKEN}.prefer-html@in.example.com`, { prefersHtml: true }],
  ["the last of two that differ", `a.${TOKEN}.prefer-html.prefer-text@in.example.com`, {}],
  ["options beside the token alone", `show-sender.${TOKEN}@in.example.com`, { showSender: true }],
  ["a third part is ignored", `errors.${TOKEN}.more@in.example.com`, {}],
  [
    "capitals",
    `Errors.${TOKEN.toUpperCase()}.Show-Sender@In.Example.COM`,
    { showSender: true },
  ],
  ["an option's name that every object has", `constructor.${TOKEN}@in.example.com`, {}],
];

for (const [what, address, options] of CHANNELS) {
  Deno.test(`a channel's address: ${what}`, () => {
    assert.deepEqual(decodeAddress(address, PLAIN), {
      kind: "channel",
      token: TOKEN,
      options: { ...NONE, ...options },
    });
  });
}

Deno.test("an address of mm and 32 characters answers a mail about messages", () => {
  assert.deepEqual(decodeAddress(`${REPLY}@in.example.com`, PLAIN), {
    kind: "reply",
    token: REPLY,
  });
  assert.equal(decodeAddress(`${REPLY}0@in.example.com`, PLAIN).kind, "channel");
  assert.equal(decodeAddress(`${REPLY.slice(1)}@in.example.com`, PLAIN).kind, "channel");
});

Deno.test("a pattern may have text before %s, and another ending may be allowed", () => {
  const patterns = { pattern: "zulip+%s@example.com", otherEnding: "@old.example.com" };
  assert.equal(decodeAddress(`zulip+${REPLY}@example.com`, patterns).token, REPLY);
  assert.equal(decodeAddress(`zulip+a.${TOKEN}@old.example.com`, patterns).token, TOKEN);
});

const REFUSED: readonly (readonly [string, string, GatewayPatterns])[] = [
  ["of another domain", `${TOKEN}@example.com`, PLAIN],
  ["of a longer domain", `${TOKEN}@in.example.com.evil.example`, PLAIN],
  ["whose dots are other characters", `${TOKEN}@inXexample.com`, PLAIN],
  ["with nothing before the @", "@in.example.com", PLAIN],
  ["without the pattern's start", `${TOKEN}@example.com`, { pattern: "zulip+%s@example.com" }],
  ["shorter than the pattern", "zulip@example.com", { pattern: "zulip+%s@example.com" }],
];

for (const [what, address, patterns] of REFUSED) {
  Deno.test(`no address of the mirror: one ${what}`, () => {
    assert.throws(
      () => decodeAddress(address, patterns),
      new AddressError("Address not recognized by gateway."),
    );
    assert.equal(isMirrorAddress(address, patterns), false);
  });
}

Deno.test("without EMAIL_GATEWAY_PATTERN no address is the mirror's", () => {
  assert.throws(
    () => decodeAddress(`${TOKEN}@in.example.com`, { pattern: undefined }),
    new AddressError("This server is not configured for incoming email."),
  );
  assert.equal(isMirrorAddress(`${TOKEN}@in.example.com`, { pattern: undefined }), false);
});

const NAMES: readonly (readonly [name: string, written: string])[] = [
  ["errors", "errors."],
  ["Web Team", "web-team."],
  ["a  /  b", "a-b."],
  ["Zürich", "zurich."],
  ["Straße", ""],
  ["日本", ""],
  ["Really?", ""],
  ["", ""],
];

for (const [name, written] of NAMES) {
  Deno.test(`the address of the channel "${name}"`, () => {
    const address = channelAddress({ name, token: TOKEN }, "%s@in.example.com");
    assert.equal(address, `${written}${TOKEN}@in.example.com`);
    assert.equal(decodeAddress(address, PLAIN).token, TOKEN);
  });
}

Deno.test("a channel's address with show-sender is read as it was written", () => {
  const address = channelAddress({ name: "web", token: TOKEN }, "%s@in.example.com", {
    showSender: true,
  });
  assert.equal(address, `web.${TOKEN}.show-sender@in.example.com`);
  const decoded = decodeAddress(address, PLAIN);
  assert(decoded.kind === "channel");
  assert.deepEqual(decoded.options, { ...NONE, showSender: true });
});
