import assert from "node:assert/strict";
import { ipNetwork, isLocal, isPublic } from "../../../lib/domain/http/addresses.ts";

const PUBLIC = [
  "1.1.1.1",
  "8.8.8.8",
  "9.255.255.255",
  "11.0.0.0",
  "93.184.215.14",
  "100.63.255.255",
  "100.128.0.0",
  "172.15.255.255",
  "172.32.0.0",
  "192.167.255.255",
  "192.169.0.0",
  "223.255.255.255",
  "2606:4700:4700::1111",
  "2001:4860:4860::8888",
  "2a00:1450:4001:82a::200e",
];

const LOCAL = [
  "10.0.0.1",
  "10.255.255.255",
  "100.64.0.1",
  "127.0.0.1",
  "127.255.255.255",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.0.1",
  "::1",
  "fc00::1",
  "fd12:3456::1",
];

const NOBODY = [
  ...["0.0.0.0", "0.1.2.3", "255.255.255.255", "240.0.0.1", "224.0.0.1", "239.255.255.255"],
  ...["169.254.0.1", "169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16"],
  ...["192.0.0.8", "192.0.0.192", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.19.255.255"],
  ...["198.51.100.1", "203.0.113.1"],
  ...["::", "fe80::1", "febf::1", "fec0::1", "ff02::1", "ff0e::1", "fd00:ec2::254", "fd00:ec2::23"],
  ...["fd20:ce::254", "fd00:42::42", "100::1", "4000::1", "5f00::1", "8000::1", "e000::1"],
  "::127.0.0.1", // IPv4-compatible
  "::7f00:1",
  "::8.8.8.8",
  "::ffff:127.0.0.1", // IPv4-mapped
  "::ffff:8.8.8.8",
  "::ffff:0:8.8.8.8", // translated
  "64:ff9b::127.0.0.1", // NAT64
  "64:ff9b::8.8.8.8",
  "64:ff9b:1::7f00:1",
  "2002:7f00:1::", // 6to4
  "2002:808:808::1",
  "2001::7f00:1", // Teredo
  "2001:0:53aa:64c:0:fb2f:80ff:fffe",
  "2001:20::1", // ORCHID
  "2001:2::1", // benchmarks
  "2001:db8::1", // documentation
  "3fff::1",
  "2606:4700::5efe:7f00:1", // ISATAP
  "2606:4700::200:5efe:a00:1",
];

const NO_ADDRESS = [
  ...["", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.01", "1.2.3"],
  ...["1.2.3.4.5", "1.2.3.256", " 8.8.8.8", "8.8.8.8 ", "[2606:4700::1]", "2606:4700::1%eth0"],
  ...["8.8.8.8/32", "fe80::1%1", "８.8.8.8"],
];

for (
  const [kind, addresses, isOfPublic, isOfLocal] of [
    ["public", PUBLIC, true, false],
    ["local", LOCAL, false, true],
    ["nobody's", NOBODY, false, false],
    ["no address", NO_ADDRESS, false, false],
  ] as const
) {
  for (const address of addresses) {
    Deno.test(`the address ${JSON.stringify(address)} is ${kind}`, () => {
      assert.deepEqual([isPublic(address), isLocal(address)], [isOfPublic, isOfLocal]);
    });
  }
}

Deno.test("a network has its addresses and no others", () => {
  const cases: [string, string[], string[]][] = [
    ["10.1.0.0/16", ["10.1.0.0", "10.1.255.255"], ["10.0.255.255", "10.2.0.0", "::ffff:10.1.0.1"]],
    ["10.1.2.3", ["10.1.2.3"], ["10.1.2.4"]],
    ["10.1.2.3/32", ["10.1.2.3"], ["10.1.2.2"]],
    ["fd12::/16", ["fd12::1", "fd12:ffff::"], ["fd13::1", "10.1.2.3", "::1"]],
    ["::1", ["::1", "0:0:0:0:0:0:0:1"], ["::2", "127.0.0.1"]],
  ];
  for (const [text, inside, outside] of cases) {
    const network = ipNetwork(text);
    assert(network, text);
    for (const address of inside) assert(network.has(address), `${text} ${address}`);
    for (const address of outside) assert(!network.has(address), `${text} ${address}`);
  }
});

Deno.test("what is no network is not read as one", () => {
  const wrong = [
    "",
    "10.1/16",
    "10.1.0.0/33",
    "10.1.0.0/-1",
    "10.1.0.0/",
    "10.1.0.0/8/8",
    "::/129",
  ];
  for (const text of [...wrong, "intern", "10.1.0.0/x", "fe80::1%eth0/64", "0x0a.0.0.1"]) {
    assert.equal(ipNetwork(text), undefined, text);
  }
});
