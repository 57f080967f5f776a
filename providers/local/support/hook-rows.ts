import { isSet, kept, type LocalRow, on, onlyOn, refused } from "./row.ts";

const withEngine = onlyOn("engine");
const withoutEngine = onlyOn("process", "scripted");
const noHooks = "This runtime runs no hooks: remove lifecycle.";

/** Fields of a container's lifecycle. */
export function hookRows(at: string): readonly LocalRow[] {
  return [
    ...["postStart", "preStop"].flatMap((hook) => oneHook(`${at}.${hook}`)),
    on(withEngine, kept(`${at}.stopSignal`, "Kept, instead of the image's.")),
    on(withoutEngine, refused(`${at}.stopSignal`, "Containers of this runtime are told to end by SIGTERM alone.")),
  ];
}

function oneHook(hook: string): LocalRow[] {
  const handlers = ["exec", "httpGet", "sleep"].map((handler) => `${hook}.${handler}`);
  return [
    ...["command"].map((field) => on(withEngine, kept(`${hook}.exec.${field}`, "Kept: it runs in the container."))),
    ...["httpHeaders", "path", "port", "scheme"].map((field) =>
      on(withEngine, kept(`${hook}.httpGet.${field}`, "Kept: the pod itself is asked, from inside its network.")),
    ),
    on(withEngine, refused(`${hook}.httpGet.host`, "A hook here asks its own pod and nobody else: remove host.")),
    on(withEngine, kept(`${hook}.sleep.seconds`, "Kept.")),
    ...handlers.map((path) => on(withoutEngine, refused(path, noHooks, said))),
    refused(`${hook}.tcpSocket`, "Kubernetes itself runs no hook of this kind: use exec, httpGet or sleep.", isSet),
  ];
}

/** `sleep: {seconds: 0}` is a hook too. */
function said(value: unknown): boolean {
  return value !== undefined && value !== null;
}
