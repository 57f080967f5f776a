import { inspect } from "node:util";
import { expect } from "vitest";
import { admitted, admittedWorld } from "../../support/pods.ts";
import { podOf, podWith, resolvedPod } from "../../support/resolve-sources.ts";
import type { Pod } from "../../../src/model/kube.ts";
import type { Provider } from "../../../src/provider.ts";
import type { ContractTest } from "../contract.ts";
import type { ContractTarget } from "../target.ts";
import { forever, oneMain } from "../workbench.ts";

export const translateTests: readonly ContractTest[] = [
  {
    name: "the support table has a sentence in each row, and finds what it changes or refuses",
    async run({ provider }) {
      expect(provider.support.length).toBeGreaterThan(0);
      for (const { path, sentence, effect, find } of provider.support) {
        expect(path).toMatch(/^(spec|metadata)(\.|$)/);
        expect(sentence, path).not.toBe("");
        if (effect !== "kept") expect(find, path).toBeDefined();
      }
    },
  },
  {
    name: "translate gives the same request for the same pod, and leaves the pod as it was",
    async run({ provider, pod }) {
      const one = await pod([oneMain(forever)], "uid-1");
      const before = structuredClone(one.pod);
      const first = provider.translate(one);
      expect(first.refusals).toEqual([]);
      expect(provider.translate(await pod([oneMain(forever)], "uid-1"))).toEqual(first);
      expect(one.pod).toEqual(before);
    },
  },
  {
    name: "translate tells every refused field at once, with its path and a sentence, and then gives no request",
    async run({ provider, target }) {
      const volumes = [{ name: "host", hostPath: { path: "/" } }];
      const containers = [{ ...target.container(forever), name: "main", securityContext: { privileged: true } }];
      const pod = podOf({ hostNetwork: true, hostPID: true, volumes, containers });
      const { refusals, request } = provider.translate(await resolvedPod(pod));
      expect(request).toBeUndefined();
      expect(refusals.map(({ path }) => path)).toEqual(
        expect.arrayContaining([
          "spec.hostNetwork",
          "spec.hostPID",
          "spec.volumes[0].hostPath",
          "spec.containers[0].securityContext.privileged",
        ]),
      );
      for (const { sentence } of refusals) expect(sentence).toMatch(/^[A-Z].*\.$/s);
    },
  },
  {
    name: "translate refuses a field that nobody knows yet",
    async run({ provider, target }) {
      const pod = podWith(target.container(forever), {
        ...policyOf(target),
        teleportation: { enabled: true },
      } as never);
      const { refusals } = provider.translate(await resolvedPod(pod));
      expect(refusals.map(({ path }) => path)).toEqual(["spec.teleportation"]);
    },
  },
  {
    name: "what Kubernetes adds to a pod by itself is never refused",
    async run({ provider, target }) {
      const pod = admitted(podWith(target.container(forever), policyOf(target)));
      expect(provider.translate(await resolvedPod(pod, admittedWorld)).refusals).toEqual([]);
    },
  },
  {
    name: "a secret shows in no print of the request",
    async run({ provider, target }) {
      const mounts = { volumeMounts: [{ name: "files", mountPath: "/files" }] };
      const container = { ...target.container(forever), name: "main", env: [fromSecret], ...mounts };
      const volumes = [{ name: "files", secret: { secretName: "db" } }];
      await expectHidden(provider, podOf({ ...policyOf(target), containers: [container], volumes }));
    },
  },
  {
    name: "a secret among the arguments shows in no print of the request",
    async run({ provider, target }) {
      const container = { ...target.container(forever), name: "main", env: [fromSecret], args: ["$(PASSWORD)"] };
      await expectHidden(provider, podOf({ ...policyOf(target), containers: [container] }));
    },
  },
];

const secret = "correct horse battery staple";
const fromSecret = { name: "PASSWORD", valueFrom: { secretKeyRef: { name: "db", key: "password" } } };

async function expectHidden(provider: Provider, pod: Pod): Promise<void> {
  const { request, refusals } = provider.translate(
    await resolvedPod(pod, { secrets: { db: { data: { password: secret } } } }),
  );
  expect(refusals).toEqual([]);
  for (const print of [JSON.stringify(request), inspect(request, { depth: null, showHidden: true })]) {
    expect(print).not.toContain(secret);
    expect(print).not.toContain(Buffer.from(secret).toString("base64"));
  }
}

const policyOf = ({ restartPolicy }: ContractTarget) => (restartPolicy === undefined ? {} : { restartPolicy });
