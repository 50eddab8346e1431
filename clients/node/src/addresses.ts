/** Addresses of clients: read, found behind trusted proxies, and made less telling where that is wanted. */

import { BlockList, isIP, isIPv4 } from "node:net";

import type { Anonymize } from "./options";

const MAX_HOPS = 32;
const IPV6_GROUPS = 8;

/** A set of addresses and networks. */
export class Networks {
  readonly #list = new BlockList();
  #any = false;

  /** Read names such as `10.0.0.0/8`, `::1` and `*`; none if there are none. An `Error` names a faulty one. */
  static parse(names: readonly string[]): Networks | undefined {
    const given = names.filter((name) => name !== "");
    if (given.length === 0) return undefined;
    const networks = new Networks();
    for (const name of given) networks.#add(name);
    return networks;
  }

  /** Whether the address is in one of them. */
  has(address: string): boolean {
    return this.#any || this.#list.check(address, isIPv4(address) ? "ipv4" : "ipv6");
  }

  #add(name: string): void {
    if (name === "*") {
      this.#any = true;
      return;
    }
    const [address = "", bits, ...more] = name.split("/");
    const version = isIP(address);
    const most = version === 4 ? 32 : 128;
    const prefix = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : Infinity;
    if (version === 0 || more.length > 0 || prefix > most) {
      throw new Error(`trustedProxies: ${JSON.stringify(name)} is no address and no network`);
    }
    this.#list.addSubnet(address, prefix, version === 4 ? "ipv4" : "ipv6");
  }
}

/** Finds the address of a client. */
export class AddressResolver {
  readonly #trusted: Networks | undefined;
  readonly #hops: (header: string) => string[];
  readonly #anonymize: Anonymize;

  constructor(trusted: Networks | undefined, header: string, anonymize: Anonymize) {
    this.#trusted = trusted;
    this.#hops = header === "forwarded" ? forwardedHops : listedHops;
    this.#anonymize = anonymize;
  }

  /** Return the client's address as it may be sent; none if it is unknown or unwanted. */
  resolve(peer: string | undefined, forwarded: string | undefined): string | undefined {
    if (this.#anonymize === "dropped") return undefined;
    const address = this.#client(peer, forwarded);
    return address !== undefined && this.#anonymize === "truncated" ? truncate(address) : address;
  }

  #client(peer: string | undefined, forwarded: string | undefined): string | undefined {
    let address = parseAddress(peer ?? "");
    if (this.#trusted === undefined || !forwarded || !this.#trusts(address)) return address;
    for (const hop of this.#hops(forwarded).slice(0, MAX_HOPS)) {
      address = parseAddress(hop);
      // A hop without an address ("unknown", "_hidden") ends the chain: what stands left of it is hearsay.
      if (address === undefined || !this.#trusts(address)) return address;
    }
    return address;
  }

  #trusts(address: string | undefined): boolean {
    // A peer without an address is on a socket of this machine.
    return address === undefined || this.#trusted?.has(address) === true;
  }
}

/** Read an address with or without port, brackets, zone and quotes; IPv4-mapped IPv6 becomes IPv4. */
export function parseAddress(given: string): string | undefined {
  if (isIPv4(given)) return given;
  let text = given.trim().replace(/^"|"$/g, "");
  if (text.startsWith("[")) text = text.slice(1).split("]")[0] ?? "";
  else if (text.split(":").length === 2) text = text.split(":")[0] ?? "";
  text = text.split("%")[0] ?? "";
  const version = isIP(text);
  if (version !== 6) return version === 4 ? text : undefined;
  const groups = groupsOf(text);
  if (groups.slice(0, 5).some((group) => group !== 0) || groups[5] !== 0xffff) return text;
  const [high = 0, low = 0] = groups.slice(6);
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

/** Keep the network of an address: 24 bits of IPv4, 48 of IPv6. */
export function truncate(address: string): string {
  if (isIPv4(address)) return `${address.slice(0, address.lastIndexOf("."))}.0`;
  const kept = groupsOf(address).slice(0, 3);
  while (kept.at(-1) === 0) kept.pop();
  return `${kept.map((group) => group.toString(16)).join(":")}::`;
}

/** The eight numbers of an IPv6 address that is known to be one. */
function groupsOf(address: string): number[] {
  const [head = "", tail] = address.split("::");
  const first = numbers(head);
  if (tail === undefined) return first;
  const last = numbers(tail);
  return [...first, ...Array<number>(IPV6_GROUPS - first.length - last.length).fill(0), ...last];
}

function numbers(part: string): number[] {
  if (part === "") return [];
  return part.split(":").flatMap((group) => {
    if (!group.includes(".")) return [parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split(".").map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}

/** The addresses of `X-Forwarded-For` and its like, the nearest first. */
function listedHops(header: string): string[] {
  return header
    .split(",")
    .filter((hop) => hop.trim() !== "")
    .reverse();
}

/** The `for=` of every element of `Forwarded` (RFC 7239), the nearest first. */
function forwardedHops(header: string): string[] {
  return header
    .split(",")
    .reverse()
    .map((element) => {
      const pair = element.split(";").find((part) => part.split("=")[0]?.trim().toLowerCase() === "for");
      return pair === undefined ? "" : pair.slice(pair.indexOf("=") + 1);
    });
}
