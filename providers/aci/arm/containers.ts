/** Logs and streams of the containers of one resource group, by the SDK's own operations: they lose nothing of the answers. */
import type { ContainerInstanceManagementClient } from "@azure/arm-containerinstance";
import { ProviderError, SecretText } from "../../../src/provider.ts";
import type { AciConfig } from "../config.ts";
import type { ArmBuckets } from "./buckets.ts";
import { typed } from "./connection.ts";

/** Where a stream is had: a websocket, and what opens it. */
export interface StreamEntrance {
  readonly webSocketUri: string;
  readonly password: SecretText;
}

export interface Terminal {
  readonly rows: number;
  readonly cols: number;
}

/** Every method rejects with a ProviderError, and with `notFound` where there is no such group or container. */
export interface ContainersClient {
  /**
   * What Azure still has of the output of the present run, or of the last `tail` lines of it: at most 4 MB, of a group that
   * has stopped 16 KB or 1,000 lines. With `timestamps` each line begins with its time. Spends a read.
   */
  logs(
    group: string,
    container: string,
    want: { readonly tail?: number | undefined; readonly timestamps: boolean },
    signal?: AbortSignal,
  ): Promise<string>;
  /** Starts a command on a terminal of this size. `command`: one text, of which nobody knows whether it is split. Spends a write. */
  exec(
    group: string,
    container: string,
    how: { readonly command: string; readonly terminal: Terminal },
    signal?: AbortSignal,
  ): Promise<StreamEntrance>;
  /** The container's output from now on, without input. Spends a write. */
  attach(group: string, container: string, signal?: AbortSignal): Promise<StreamEntrance>;
}

export function createContainersClient(
  sdk: Pick<ContainerInstanceManagementClient, "containers">,
  { resourceGroup }: Pick<AciConfig, "resourceGroup">,
  buckets: Pick<ArmBuckets, "read" | "write">,
): ContainersClient {
  const { containers } = sdk;
  return {
    async logs(group, container, { tail, timestamps }, signal) {
      const call = async () =>
        typed(
          async (options) =>
            containers.listLogs(resourceGroup, group, container, {
              ...options,
              timestamps,
              ...(tail !== undefined && { tail }),
            }),
          signal,
        );
      return (await buckets.read(call, signal)).content ?? "";
    },
    async exec(group, container, { command, terminal }, signal) {
      const asked = { command, terminalSize: { ...terminal } };
      const call = async () =>
        typed(async (options) => containers.executeCommand(resourceGroup, group, container, asked, options), signal);
      return entranceOf(await buckets.write(call, signal));
    },
    async attach(group, container, signal) {
      const call = async () =>
        typed(async (options) => containers.attach(resourceGroup, group, container, options), signal);
      return entranceOf(await buckets.write(call, signal));
    },
  };
}

function entranceOf(answer: { readonly webSocketUri?: string; readonly password?: string }): StreamEntrance {
  const { webSocketUri, password } = answer;
  if (webSocketUri !== undefined && password !== undefined) return { webSocketUri, password: new SecretText(password) };
  throw new ProviderError("unknown", "ProviderFailed", "Azure has answered without the address of a stream");
}
