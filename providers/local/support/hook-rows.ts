import { isSet, kept, refused } from "../../../src/provider.ts";
import { type LocalRow, on, onlyOn, withoutAddresses } from "./row.ts";

const running = onlyOn("engine", "process");
const scripted = onlyOn("scripted");
const noHooks = "Nothing really runs on this runtime, so no hook could: remove lifecycle.";

/** Fields of a container's lifecycle. */
export function hookRows(at: string): readonly LocalRow[] {
  return [
    ...["postStart", "preStop"].flatMap((hook) => oneHook(`${at}.${hook}`)),
    on(onlyOn("engine"), kept(`${at}.stopSignal`, "Kept, instead of the image's.")),
    on(
      onlyOn("process", "scripted"),
      refused(`${at}.stopSignal`, "Containers of this runtime are told to end by SIGTERM alone."),
    ),
  ];
}

function oneHook(hook: string): LocalRow[] {
  const handlers = ["exec", "httpGet", "sleep"].map((handler) => `${hook}.${handler}`);
  return [
    ...["command"].map((field) => on(running, kept(`${hook}.exec.${field}`, "Kept: it runs in the container."))),
    ...["httpHeaders", "path", "port", "scheme"].map((field) =>
      on(running, kept(`${hook}.httpGet.${field}`, "Kept: the pod itself is asked, from inside its network.")),
    ),
    on(running, refused(`${hook}.httpGet.host`, "A hook here asks its own pod and nobody else: remove host.")),
    on(
      withoutAddresses,
      refused(
        `${hook}.httpGet`,
        "Pods get no address of their own on this host, so nothing could be asked: use exec.",
        said,
      ),
    ),
    on(running, kept(`${hook}.sleep.seconds`, "Kept.")),
    ...handlers.map((path) => on(scripted, refused(path, noHooks, said))),
    refused(`${hook}.tcpSocket`, "Kubernetes itself runs no hook of this kind: use exec, httpGet or sleep.", isSet),
  ];
}

/** `sleep: {seconds: 0}` is a hook too. */
function said(value: unknown): boolean {
  return value !== undefined && value !== null;
}
