/** One ConfigMap and one Secret, which all pods of a round have as files. */
import type { Client } from "../client.ts";

const config = {
  kind: "ConfigMap",
  metadata: { name: "settings" },
  data: { "app.ini": "colour = blue\n".repeat(100) },
};
const secret = { kind: "Secret", metadata: { name: "login" }, stringData: { password: "not very secret" } };

export async function createFiles(client: Client, namespace: string): Promise<void> {
  await client.send("POST", `/api/v1/namespaces/${namespace}/configmaps`, config);
  await client.send("POST", `/api/v1/namespaces/${namespace}/secrets`, secret);
}

/** The pod with both. */
export function withFiles<T extends { readonly containers: readonly object[] }>(spec: T): T {
  const volumeMounts = ["settings", "login"].map((name) => ({ name, mountPath: `/etc/bench/${name}` }));
  return {
    ...spec,
    containers: spec.containers.map((container) => ({ ...container, volumeMounts })),
    volumes: [
      { name: "settings", configMap: { name: config.metadata.name } },
      { name: "login", secret: { secretName: secret.metadata.name } },
    ],
  };
}
