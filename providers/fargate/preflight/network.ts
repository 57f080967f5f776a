import { Worker } from "node:worker_threads";
import { ProviderError } from "../../../src/provider.ts";
import { awsError } from "../../aws/errors.ts";
import type { Network } from "./findings.ts";

/** Plain data: it goes into another thread. */
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
 * Asks EC2 for the subnets and groups that exist, in a thread that ends with the answer: loading the SDK's client of EC2
 * costs some 96 MB, which only the end of a thread gives back.
 */
export async function askNetwork(question: NetworkQuestion): Promise<Network> {
  const worker = new Worker(new URL("./network-worker.ts", import.meta.url), {
    workerData: question,
    // Flags of the main thread, such as its limits of memory, are not the worker's.
    execArgv: [],
  });
  // The node must be able to stop meanwhile.
  worker.unref();
  const answer = await new Promise<NetworkAnswer>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", () => reject(new ProviderError("unknown", "NoAnswer", "the check of the network broke off")));
  });
  await worker.terminate();
  if (answer.network !== undefined) return answer.network;
  throw awsError(answer.error);
}
