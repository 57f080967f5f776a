import { readdirSync, readFileSync, rmSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ProviderError } from "../../../../../src/provider.ts";
import type { Subnet } from "./subnet.ts";

/** Addresses given out, a file each that holds the task's key: they outlive the supervisor, as tasks do. */
export interface Addresses {
  /** The task's address, the same one every time until it is freed. */
  take(key: string): string;
  free(address: string): void;
}

export function openAddresses(directory: string, subnet: Subnet): Addresses {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const owners = new Map(
    readdirSync(directory).map((address) => [address, readFileSync(join(directory, address), "utf8")]),
  );
  // Goes round instead of taking the lowest free one: an address that was just freed is still in somebody's cache.
  let next = 0;
  return {
    take(key) {
      for (const [address, owner] of owners) if (owner === key) return address;
      for (let tried = 0; tried < subnet.size; tried += 1) {
        const address = subnet.address(next);
        next = (next + 1) % subnet.size;
        if (owners.has(address)) continue;
        writeFileSync(join(directory, address), key, { flag: "wx", mode: 0o600 });
        owners.set(address, key);
        return address;
      }
      throw new ProviderError(
        "noCapacity",
        "NoTaskAddress",
        `all ${subnet.size} addresses of the task subnet are in use; configure a larger subnet`,
      );
    },
    free(address) {
      rmSync(join(directory, address), { force: true });
      owners.delete(address);
    },
  };
}
