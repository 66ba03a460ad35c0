/**
 * From names to addresses that may be connected to.
 *
 * @module
 */

import { lookup } from "node:dns/promises";
import { isIP, type LookupFunction } from "node:net";
import type { AllowList } from "./allow_list.ts";
import { HttpError } from "./http_error.ts";
import { placeText, type Target } from "./target.ts";

/** Finds the addresses of a name. */
export type Resolve = (name: string) => Promise<readonly string[]>;

/** As the system does it: its file of hosts, and DNS. */
export const systemResolve: Resolve = async (name) => {
  const found = await lookup(name, { all: true });
  return found.map(({ address }) => address);
};

/**
 * The addresses of a target, all of which may be connected to.
 *
 * @throws {HttpError} `forbidden` when one of them may not.
 */
export async function checkedAddresses(
  target: Target,
  allowed: AllowList,
  resolve: Resolve,
  mayHaveArrived: boolean,
): Promise<readonly string[]> {
  if (target.isAddress) return [target.host];
  const addresses = await resolve(target.host);
  if (addresses.length > 0 && addresses.every((each) => allowed.allowsAddress(each, target))) {
    return addresses;
  }
  const message = addresses.length === 0
    ? `${placeText(target)} has no address`
    : `${placeText(target)} is not called: it leads to an address that is not public`;
  const kind = addresses.length === 0 ? "network" : "forbidden";
  throw new HttpError(kind, message, { mayHaveArrived });
}

/** Answers with addresses that were checked, whatever the name leads to by now. */
export function pinned(addresses: readonly string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_name, options, callback) => {
    const [first] = found;
    if (options.all) callback(null, found);
    else callback(null, first?.address ?? "", first?.family ?? 0);
  };
}
