/**
 * IP addresses by who can be reached at them: everybody's servers, those of this network, or what
 * nobody may be sent to.
 *
 * @module
 */

import ipaddr from "ipaddr.js";

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = readonly [Address, number];

/** A network, such as `10.1.0.0/16`. */
export interface IpNetwork {
  /** Reports whether an address is one of the network's; an address of the other family never is. */
  has(address: string): boolean;
}

/** Of IPv6, only these addresses are given to servers on the internet. */
const GLOBAL_IPV6 = network("2000::/3");

/** What the registries say is not for servers, beyond the ranges that ipaddr.js knows. */
const NOT_PUBLIC = [
  "168.63.129.16/32", // The host of virtual machines on Azure.
  "192.0.0.0/24", // Protocols; on Oracle's cloud, metadata.
  "192.88.99.0/24", // Relays of 6to4.
  "198.18.0.0/15", // Benchmarks.
  "2001::/23", // Protocols: Teredo, ORCHID, benchmarks.
  "2001:db8::/32", // Documentation.
  "2002::/16", // 6to4, which has an IPv4 address in it.
  "3fff::/20", // Documentation.
].map(network);

/** Ranges of this machine and of private networks, as ipaddr.js names them. */
const LOCAL_RANGES: ReadonlySet<string> = new Set([
  "loopback",
  "private",
  "uniqueLocal",
  "carrierGradeNat",
]);

/** Where clouds keep the keys of their machines, within the ranges of private networks. */
const METADATA = [
  "100.100.100.200/32", // Alibaba
  "fd00:42::42/128", // Scaleway
  "fd00:ec2::/32", // Amazon
  "fd20:ce::254/128", // Google
].map(network);

/**
 * Reports whether anybody's server may be at an address. Of IPv6, no form that has an IPv4 address in
 * it is public: mapped, compatible, NAT64, 6to4, Teredo, ISATAP.
 *
 * @param text An IP address; any other text is not public.
 */
export function isPublic(text: string): boolean {
  const address = parsed(text);
  if (address?.range() !== "unicast") return false;
  if (address instanceof ipaddr.IPv6 && (!has(GLOBAL_IPV6, address) || isIsatap(address))) {
    return false;
  }
  return !NOT_PUBLIC.some((network) => has(network, address));
}

/**
 * Reports whether an address is of this machine or of a private network. Link-local addresses,
 * multicast and the metadata of clouds are neither public nor local.
 */
export function isLocal(text: string): boolean {
  const address = parsed(text);
  if (!address || !LOCAL_RANGES.has(address.range())) return false;
  return !METADATA.some((network) => has(network, address));
}

/**
 * Reads a network as `10.1.0.0/16`, or one address, which is a network of its own.
 *
 * @returns `undefined` for any other text.
 */
export function ipNetwork(text: string): IpNetwork | undefined {
  const [base = "", bits, ...more] = text.split("/");
  const address = parsed(base);
  const most = address?.kind() === "ipv4" ? 32 : 128;
  const length = bits === undefined ? most : /^[0-9]{1,3}$/.test(bits) ? Number(bits) : NaN;
  if (!address || more.length > 0 || !(length <= most)) return undefined;
  return {
    has(other) {
      const one = parsed(other);
      return one !== undefined && has([address, length], one);
    },
  };
}

/** The one form of an IP address; `undefined` for any other text. */
export function canonicalAddress(text: string): string | undefined {
  return parsed(text)?.toString();
}

/** An address in its usual form: four decimal numbers, or IPv6 without a zone. */
function parsed(text: string): Address | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  if (text.includes("%") || !ipaddr.IPv6.isValid(text)) return undefined;
  return ipaddr.IPv6.parse(text);
}

function network(text: string): Network {
  return ipaddr.parseCIDR(text);
}

function has([base, length]: Network, address: Address): boolean {
  return base.kind() === address.kind() && address.match(base, length);
}

/** An address of ISATAP ends in `0:5efe:` or `200:5efe:` and an IPv4 address. */
function isIsatap({ parts }: ipaddr.IPv6): boolean {
  return (parts[4] === 0 || parts[4] === 0x200) && parts[5] === 0x5efe;
}
