/** Texts from outside, made so that the service takes them: cut, without control characters, sound Unicode. */

import { MAX_HOSTNAME } from "./event";

// Texts that need nothing: printable ASCII without outer blanks.
const PLAIN = /^[!-~](?:[ -~]*[!-~])?$/;
// eslint-disable-next-line no-control-regex -- these are what is removed
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
/** Header values that are UTF-8 come with a character for each byte. */
const BYTES = /[\u0080-\u00ff]/;
const WIDE = /[^\u0000-\u00ff]/; // eslint-disable-line no-control-regex
/** Before decoding, a text longer than this cannot matter: each character takes at most 12 (`%F0%9F%98%80`). */
const MAX_ENCODED = 12;

/** Cut to so many characters, without control characters, outer blanks and what is no Unicode; none if empty. */
export function clean(text: string | undefined, most: number): string | undefined {
  if (!text) return undefined;
  if (text.length <= most && PLAIN.test(text)) return text;
  // Twice the limit, because a character may be a pair of surrogates, and some more for what is removed.
  const sound = text
    .slice(0, most * 4)
    .replace(CONTROL, "")
    .replace(LONE_SURROGATE, "\ufffd")
    .trim();
  const cut = sound.length <= most ? sound : Array.from(sound).slice(0, most).join("").trimEnd();
  return cut === "" ? undefined : cut;
}

/** The same for the value of a header. */
export function cleanHeader(text: string | undefined, most: number): string | undefined {
  if (!text) return undefined;
  const part = text.slice(0, most * 4);
  if (!BYTES.test(part) || WIDE.test(part)) return clean(part, most);
  return clean(Buffer.from(part, "latin1").toString("utf8"), most);
}

/** The path of a request's target, decoded, without query; `/` if there is none. */
export function endpointOf(target: string, most: number): string {
  const path = pathOf(target).slice(0, most * MAX_ENCODED);
  if (!path.includes("%") && !BYTES.test(path)) return clean(path, most) ?? "/";
  return clean(decoded(path), most) ?? "/";
}

/** The path of a request's target as it came, without query, scheme and host. */
export function pathOf(target: string): string {
  const query = target.indexOf("?");
  const path = query < 0 ? target : target.slice(0, query);
  if (path.startsWith("/") || path === "*") return path;
  const match = /^[a-z][a-z0-9+.-]*:\/\/[^/]*(.*)$/is.exec(path);
  return match === null ? path : match[1] || "/";
}

/** The name in a `Host` header: without port, in lower case. */
export function hostnameOf(host: string | undefined): string | undefined {
  const text = cleanHeader(host, MAX_HOSTNAME + ":65535".length);
  if (text === undefined) return undefined;
  const name = text.endsWith("]") ? text : text.replace(/:\d*$/, "");
  return name.toLowerCase().slice(0, MAX_HOSTNAME) || undefined;
}

/** Undo percent-encoding; what it hides is UTF-8, and what is not becomes U+FFFD. */
function decoded(path: string): string {
  try {
    if (!BYTES.test(path)) return decodeURIComponent(path);
  } catch {
    // A malformed part; the rest is still worth reading.
  }
  const bytes = path.replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)));
  return WIDE.test(bytes) ? bytes : Buffer.from(bytes, "latin1").toString("utf8");
}
