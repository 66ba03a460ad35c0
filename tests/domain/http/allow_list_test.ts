import assert from "node:assert/strict";
import { AllowList, parseAllowList } from "../../../lib/domain/http/allow_list.ts";

/** An address, the place that is called, and whether the connection is allowed. */
type Row = readonly [string, string, number, boolean];

const TABLE: Readonly<Record<string, readonly Row[]>> = {
  "": [
    ["8.8.8.8", "dns.example", 443, true],
    ["127.0.0.1", "localhost", 80, false],
    ["10.0.0.1", "hooks.intern", 80, false],
  ],
  "hooks.intern": [
    ["10.0.0.1", "hooks.intern", 80, true],
    ["127.0.0.1", "hooks.intern", 8080, true],
    ["::1", "hooks.intern", 8080, true],
    ["fd12::1", "hooks.intern", 8080, true],
    ["8.8.8.8", "hooks.intern", 443, true],
    ["10.0.0.1", "other.intern", 80, false],
    ["10.0.0.1", "hooks.intern.example", 80, false],
    ["10.0.0.1", "x.hooks.intern", 80, false],
    ["169.254.169.254", "hooks.intern", 80, false],
    ["100.100.100.200", "hooks.intern", 80, false],
    ["fd00:ec2::254", "hooks.intern", 80, false],
    ["fe80::1", "hooks.intern", 80, false],
    ["224.0.0.1", "hooks.intern", 80, false],
    ["0.0.0.0", "hooks.intern", 80, false],
    ["::ffff:10.0.0.1", "hooks.intern", 80, false],
  ],
  "Hooks.Intern.:8080": [
    ["10.0.0.1", "hooks.intern", 8080, true],
    ["10.0.0.1", "hooks.intern", 80, false],
  ],
  "10.1.0.0/16, ::1": [
    ["10.1.2.3", "any.example", 80, true],
    ["10.1.2.3", "10.1.2.3", 80, true],
    ["10.2.0.1", "any.example", 80, false],
    ["::1", "::1", 80, true],
    ["127.0.0.1", "127.0.0.1", 80, false],
  ],
  "10.1.2.3:8080,[fd12::1]:8080": [
    ["10.1.2.3", "10.1.2.3", 8080, true],
    ["10.1.2.3", "10.1.2.3", 80, false],
    ["fd12::1", "fd12::1", 8080, true],
    ["fd12::1", "fd12::1", 8081, false],
  ],
  "bücher.intern": [["10.0.0.1", "xn--bcher-kva.intern", 80, true]],
};

for (const [list, rows] of Object.entries(TABLE)) {
  Deno.test(`what "${list}" allows`, () => {
    const allowed = parseAllowList(list);
    for (const [address, host, port, expected] of rows) {
      const isAllowed = allowed.allowsAddress(address, { host, port });
      assert.equal(isAllowed, expected, `${address} for ${host}:${port}`);
    }
  });
}

Deno.test("ports under 1024 are those of the web, and those that are allowed with their host", () => {
  const allowed = parseAllowList("mail.intern:25, 10.1.2.3:22, other.intern");
  const cases: [string, number, boolean][] = [
    ["x.example", 80, true],
    ["x.example", 443, true],
    ["x.example", 1024, true],
    ["x.example", 65_535, true],
    ...[1, 22, 25, 81, 110, 445, 465, 587, 993, 1023].map((port): [string, number, boolean] => [
      "x.example",
      port,
      false,
    ]),
    ["mail.intern", 25, true],
    ["mail.intern", 22, false],
    ["10.1.2.3", 22, true],
    ["other.intern", 25, false],
  ];
  for (const [host, port, expected] of cases) {
    assert.equal(allowed.allowsPort({ host, port }), expected, `${host}:${port}`);
  }
});

Deno.test("a proxy gets no name of its own machine, unless it is allowed", () => {
  const none = new AllowList();
  const local = ["localhost", "a.localhost", "localhost.localdomain", "ip6-localhost", "metadata"];
  local.push("localhost4", "localhost6", "localhost6.localdomain6");
  for (const host of [...local, "metadata.google.internal", "instance-data.ec2.internal"]) {
    assert(!none.allowsName({ host, port: 80 }), host);
    assert(new AllowList([host]).allowsName({ host, port: 80 }), host);
  }
  for (const host of ["zulip.com", "localhost.example", "mylocalhost", "metadatafoo.example"]) {
    assert(none.allowsName({ host, port: 80 }), host);
  }
});

const WRONG = [
  ...["*.intern", "http://hooks.intern", "a b", "hooks.intern/x", "u@hooks.intern", "10.0.0.0/33"],
  ...["hooks.intern:0", "hooks.intern:65536", "hooks.intern:http", "[hooks]:80", "a\\b"],
  ...["10.0.0.0/8:80"],
];

for (const entry of WRONG) {
  Deno.test(`"${entry}" is refused as an entry, and named`, () => {
    assert.throws(() => parseAllowList(`ok.intern, ${entry}`), {
      name: "TypeError",
      message: `"${entry}" is no host, no host with a port and no network`,
    });
  });
}
