import { BlockList, isIPv4 } from "node:net";

/**
 * Where the API server never connects: it proxies to "global unicast" addresses only (apimachinery's IsProxyableIP
 * asks Go's net.IP.IsGlobalUnicast, which leaves out these).
 */
const kinds = [
  { kind: "a loopback address", networks: ["127.0.0.0/8", "::1/128"] },
  { kind: "no address of one machine", networks: ["0.0.0.0/32", "::/128", "255.255.255.255/32"] },
  { kind: "a link-local address", networks: ["169.254.0.0/16", "fe80::/10"] },
  { kind: "a multicast address", networks: ["224.0.0.0/4", "ff00::/8"] },
].map(({ kind, networks }) => ({ kind, list: blockList(networks) }));

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", bits] = network.split("/");
    list.addSubnet(address, Number(bits), isIPv4(address) ? "ipv4" : "ipv6");
  }
  return list;
}

/** Why the API server could never reach a node at this address; `undefined` when it could. */
export function unreachable(address: string): string | undefined {
  const found = kinds.find(({ list }) => list.check(address, isIPv4(address) ? "ipv4" : "ipv6"));
  return found === undefined
    ? undefined
    : `${address} is ${found.kind}, and the API server refuses to proxy to a node there, so that kubectl logs and exec ` +
        "would never work; give an address of this machine that the API server reaches, or leave it out to do without them";
}
