import { ProviderError } from "../../../../src/provider.ts";

/** Hands out each address of an IPv4 subnet to one holder at a time; `give` throws `noCapacity` when all are taken. */
export interface Addresses {
  take(): string;
  give(address: string): void;
}

/** `subnet`: e.g. `10.99.0.0/16`. The network's own address, the first one (a gateway's) and the last are never given. */
export function createAddresses(subnet: string): Addresses {
  const [base = "", bits = ""] = subnet.split("/");
  const size = 2 ** (32 - Number(bits));
  const first = base.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);
  const returned: string[] = [];
  let next = 2;
  return {
    take() {
      // Fresh addresses first: an address in use again at once would hide a mix-up of two tasks.
      if (next < size - 1) return dotted(first + next++);
      const again = returned.shift();
      if (again !== undefined) return again;
      throw new ProviderError("noCapacity", "NoFreeAddress", `every address of ${subnet} is in use`);
    },
    give: (address) => void returned.push(address),
  };
}

const dotted = (value: number): string => [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
