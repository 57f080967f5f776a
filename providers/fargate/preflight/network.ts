import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { ProviderError } from "../../../src/provider.ts";
import { awsError } from "../../aws/errors.ts";
import type { Network } from "./findings.ts";

/** Plain data: it goes into another process. */
export interface NetworkQuestion {
  readonly region: string;
  readonly endpoint: string | undefined;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string | undefined;
  };
  readonly subnets: readonly string[];
  readonly groups: readonly string[];
}

/** An error of the SDK as plain data: what `awsError` reads of it. */
export interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly code?: string | undefined;
  readonly $fault?: string | undefined;
  readonly $metadata?: { readonly httpStatusCode?: number | undefined } | undefined;
}

export type NetworkAnswer =
  | { readonly network: Network; readonly error?: undefined }
  | { readonly error: PlainError; readonly network?: undefined };

/**
 * Asks EC2 for the subnets and groups that exist, in a process that ends with the answer: loading the SDK's client of EC2
 * costs some 96 MB, and the end of a thread gives none of it back (measured). The question goes by stdin: it has secrets.
 */
export async function askNetwork(question: NetworkQuestion): Promise<Network> {
  const main = fileURLToPath(new URL("./network-main.ts", import.meta.url));
  const child = spawn(process.execPath, [main], { stdio: ["pipe", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  // A child that ends early leaves a pipe that nobody reads: its exit code says more.
  child.stdin.on("error", () => undefined);
  child.stdin.end(JSON.stringify(question));
  const [code, out, err] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  if (code !== 0)
    throw new ProviderError("unknown", "NoAnswer", `the check of the network broke off: ${err.trim().slice(-500)}`);
  const answer = JSON.parse(out) as NetworkAnswer;
  if (answer.network !== undefined) return answer.network;
  throw awsError(answer.error);
}
