/**
 * What may be called besides public addresses: names, hosts with a port, and networks.
 *
 * @module
 */

import { canonicalAddress, type IpNetwork, ipNetwork, isLocal, isPublic } from "./addresses.ts";

/** A place that a call is for. */
export interface Place {
  /** A name in lower case, without a final dot, or an IP address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** A host, with its port unless all of its ports are meant. */
interface AllowedName {
  readonly host: string;
  readonly port: number | undefined;
}

/** A network, with its port unless all of its ports are meant. */
interface AllowedNetwork {
  readonly network: IpNetwork;
  readonly port: number | undefined;
}

/** Ports under 1024 that every server may have. Others of them belong to other protocols. */
const WEB_PORTS: readonly number[] = [80, 443];
const FIRST_FREE_PORT = 1024;

/** Names of the machine that resolves them, and those of the metadata of clouds. */
const LOCAL_NAME =
  /^((.+\.)?(localhost|localdomain)[46]?|ip6-(localhost|loopback)|(metadata|instance-data)(\..+)?)$/;

/**
 * Hosts that the operator allows. A name may lead to this machine and to private networks, a network
 * opens exactly its addresses.
 */
export class AllowList {
  readonly #names: readonly AllowedName[];
  readonly #networks: readonly AllowedNetwork[];

  /**
   * @param entries Each a name, `name:port`, an address, `address:port` or a network.
   * @throws {TypeError} For any other entry; the message contains it.
   */
  constructor(entries: readonly string[] = []) {
    const allowed = entries.map(entryOf);
    this.#names = allowed.filter((entry) => "host" in entry);
    this.#networks = allowed.filter((entry) => "network" in entry);
  }

  /** Reports whether a proxy, which resolves it, may be given a name. */
  allowsName(place: Place): boolean {
    return this.#hasName(place) || !LOCAL_NAME.test(place.host);
  }

  /** Reports whether a port may be called: 80, 443, those from 1024 on, and ports that are allowed. */
  allowsPort({ host, port }: Place): boolean {
    if (WEB_PORTS.includes(port) || port >= FIRST_FREE_PORT) return true;
    return this.#names.some((name) => name.host === host && name.port === port) ||
      this.#networks.some((each) => each.port === port && each.network.has(host));
  }

  /** Reports whether an address may be connected to, for a call of the place. */
  allowsAddress(address: string, place: Place): boolean {
    if (isPublic(address)) return true;
    return this.#networks.some(({ network, port }) =>
      (port === undefined || port === place.port) && network.has(address)
    ) || (this.#hasName(place) && isLocal(address));
  }

  #hasName(place: Place): boolean {
    return this.#names.some(({ host, port }) =>
      host === place.host && (port === undefined || port === place.port)
    );
  }
}

/**
 * A list as a setting has it, with commas between its entries.
 *
 * @throws {TypeError} As the constructor of {@linkcode AllowList}.
 */
export function parseAllowList(text: string): AllowList {
  return new AllowList(
    text.split(",").map((entry) => entry.trim()).filter((entry) => entry !== ""),
  );
}

function entryOf(text: string): AllowedName | AllowedNetwork {
  const network = ipNetwork(text);
  if (network) return { network, port: undefined };
  const place = placeOf(text);
  if (!place) {
    throw new TypeError(`"${text}" is no host, no host with a port and no network`);
  }
  const address = ipNetwork(place.host);
  return address ? { network: address, port: place.port } : place;
}

/** Reads `host`, `host:port` or `[address]:port`. */
function placeOf(text: string): AllowedName | undefined {
  const [, host = "", port] =
    /^([^\s/?#@\\:*]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?$/.exec(text) ??
      [];
  const url = host === "" ? null : URL.parse(`http://${host}/`);
  if (!url || Number(port) > 65_535 || Number(port) === 0) return undefined;
  return { host: hostOf(url), port: port === undefined ? undefined : Number(port) };
}

/** The host of a URL, without brackets and without a final dot. */
export function hostOf(url: URL): string {
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return canonicalAddress(host) ?? host.replace(/\.$/, "");
}
