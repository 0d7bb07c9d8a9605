/** Where a node is reached: "host:port". */

/** A DNS name has at most 253 characters, a port 5. */
const ADDRESS_CHARACTERS_MAX = 259;
const PORT_MAX = 65_535;
const DNS_NAME =
  /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;
const IPV6_IN_BRACKETS = /^\[[0-9a-fA-F:.]{2,45}\]$/;
const PORT = /^[1-9][0-9]{0,4}$/;

/** A DNS name, IPv4 address or IPv6 address in brackets, a colon, and a port in 1..65535 without leading zero. */
export function isNetworkAddress(text: string): boolean {
  if (text.length > ADDRESS_CHARACTERS_MAX) return false;
  const colon = text.lastIndexOf(':');
  const host = text.slice(0, Math.max(colon, 0));
  const port = text.slice(colon + 1);
  if (!PORT.test(port) || Number(port) > PORT_MAX) return false;
  return DNS_NAME.test(host) || IPV6_IN_BRACKETS.test(host);
}
