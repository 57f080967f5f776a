import type { ContainerSpec } from "../../../providers/local/runtime/runtime.ts";
import type { GroupRecord } from "../group/record.ts";

const type = "realtime-metrics";

/**
 * The extension that tells at port 18899 of a group's address what its containers use, as a container of the runtime: Azure
 * has containers of its own in a group too. `url`: where the stand-in tells it; `undefined`: groups have no address.
 */
export function metricsContainers(
  { uid, input }: Pick<GroupRecord, "uid" | "input">,
  url: string | undefined,
): readonly ContainerSpec[] {
  const wanted = input.properties.extensions.find(({ properties }) => properties.extensionType === type);
  if (wanted === undefined || url === undefined) return [];
  return [
    {
      name: `azure-${type}`,
      kind: "main",
      image: "docker.io/library/busybox:latest",
      imagePullPolicy: "IfNotPresent",
      command: ["sh", "-c", scriptOf(`${url}/${uid}`)],
      args: undefined,
      workingDir: undefined,
      env: [],
      mounts: [],
      terminationMessagePath: "/dev/termination-log",
      terminationMessageFallback: false,
      stdin: false,
      stdinOnce: false,
      tty: false,
    },
  ];
}

function scriptOf(url: string): string {
  return [
    "trap 'exit 0' TERM",
    "mkdir -p /tmp/www/v1; httpd -p 18899 -h /tmp/www",
    "while :; do",
    `  wget -q -O /tmp/next ${url} && mv /tmp/next /tmp/www/v1/stats`,
    "  sleep 1 & wait $!",
    "done",
  ].join("\n");
}
