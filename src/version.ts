import { readFileSync } from "node:fs";

/** The version in package.json, the one place where it is written. */
export const productVersion: string = (
  JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }
).version;

export const userAgent = `burstlet/${productVersion} (${process.platform}/${process.arch === "x64" ? "amd64" : process.arch})`;
