import { isMentioned, isSet, kept, refused } from "../../../src/provider.ts";
import { type AciRow, on, routed, unrouted } from "./row.ts";

/** Fields of a container's lifecycle. Azure knows none of them: what is done, burstlet does, by a shell of the image. */
export function hookRows(at: string): readonly AciRow[] {
  const preStop = `${at}.preStop`;
  const fields = (action: string, names: readonly string[], sentence: string) =>
    names.map((field) => kept(`${preStop}.${action}.${field}`, sentence));
  return [
    refused(
      `${at}.postStart`,
      "Azure runs no hooks, and tells too late that a container runs: do it in the program itself, at its start.",
      isMentioned,
    ),
    ...fields("exec", ["command"], "Kept, where the image has a shell: the node runs it before SIGTERM."),
    ...fields("httpGet", ["httpHeaders", "path", "port", "scheme"], "Kept: the node asks the group's own address.").map(
      (row) => on(routed, row),
    ),
    on(
      unrouted,
      refused(`${preStop}.httpGet`, "The node cannot reach the group to ask it: use exec or sleep.", isMentioned),
    ),
    refused(`${preStop}.httpGet.host`, "The group itself is asked and no other host: remove host.", isSet),
    ...fields("sleep", ["seconds"], "Kept: the node waits so long before SIGTERM."),
    refused(`${preStop}.tcpSocket`, "Kubernetes itself runs no hook of this kind: use exec, httpGet or sleep.", isSet),
    refused(`${at}.stopSignal`, "The node sends SIGTERM, and Azure after it its own signal: remove stopSignal."),
  ];
}
