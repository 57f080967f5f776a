/** An IPv4 subnet for tasks: the first address is the bridge's, the following ones are given out. */
export interface Subnet {
  readonly prefix: number;
  readonly gateway: string;
  /** How many addresses can be given out. */
  readonly size: number;
  /** The nth address for a task, from 0. */
  address(n: number): string;
}

export function parseSubnet(text: string): Subnet {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(text);
  const [a, b, c, d, prefix] = (match?.slice(1) ?? []).map(Number);
  const valid = [a, b, c, d].every((byte) => byte !== undefined && byte < 256);
  if (!valid || prefix === undefined || prefix < 8 || prefix > 29)
    throw new Error(`subnet ${JSON.stringify(text)} is not an IPv4 network such as 10.213.0.0/16 (prefix 8 to 29)`);
  const count = 2 ** (32 - prefix);
  const given = [a, b, c, d].reduce<number>((total, byte) => total * 256 + (byte as number), 0);
  const base = given - (given % count);
  const dotted = (value: number): string =>
    [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
  return {
    prefix,
    gateway: dotted(base + 1),
    // Without the network's own address, the gateway and broadcast.
    size: count - 3,
    address: (n) => dotted(base + 2 + n),
  };
}
