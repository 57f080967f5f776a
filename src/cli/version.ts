/** `burstlet version`. */
import { productVersion } from "../version.ts";

export interface VersionOptions {
  readonly output?: "json";
}

export function version({ output }: VersionOptions): number {
  const told = {
    version: productVersion,
    node: process.versions.node,
    platform: `${process.platform}/${process.arch}`,
  };
  console.log(
    output === "json"
      ? JSON.stringify(told, undefined, 2)
      : `burstlet ${told.version} (Node ${told.node}, ${told.platform})`,
  );
  return 0;
}
