/**
 * The names by which a server may be called. A page elsewhere reaches a server on this machine by a
 * name of its own (DNS rebinding): such a request is refused.
 *
 * @module
 */

import { networkInterfaces } from "node:os";

const ALWAYS: readonly string[] = ["localhost", "127.0.0.1", "::1"];

/** Whether a request is for a name of this server. */
export class KnownHosts {
  readonly #names: ReadonlySet<string>;
  readonly #addresses: () => readonly string[];

  /**
   * @param names The bound address and further names, in lower case.
   * @param addresses The addresses of this machine. @default {those of its interfaces}
   */
  constructor(names: readonly string[], addresses: () => readonly string[] = ownAddresses) {
    this.#names = new Set([...ALWAYS, ...names.map(nameOf)]);
    this.#addresses = addresses;
  }

  /** Whether a `Host` header names this server. */
  has(host: string | null): boolean {
    if (host === null) return false;
    const name = nameOf(host.toLowerCase());
    return this.#names.has(name) || (isAddress(name) && this.#own().includes(name));
  }

  /** The addresses of this machine; none where a sandbox forbids to ask for them. */
  #own(): readonly string[] {
    try {
      return this.#addresses();
    } catch {
      return [];
    }
  }
}

/** The name without the port, and an IPv6 address without brackets. */
function nameOf(host: string): string {
  const [, ipv6, name] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d+)?$/.exec(host) ?? [];
  return ipv6 ?? name ?? host;
}

function isAddress(name: string): boolean {
  return name.includes(":") || /^[\d.]+$/.test(name);
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((all) =>
    all?.map(({ address }) => address) ?? []
  );
}
