import { describe, expect, it } from "vitest";
import { supportFindings, type SupportRow } from "../src/provider.ts";
import { fakeClock } from "../test/support/fake-clock.ts";
import { providerContext } from "../test/support/provider-context.ts";
import { podWith } from "../test/support/resolve-sources.ts";
import { providers } from "./index.ts";

const names = Object.keys(providers);

describe("the table of each provider, read without it", () => {
  it("is the one that the provider itself judges by, so far as nobody has asked its host", async () => {
    const { supportOf } = (await providers["local"]?.support()) ?? {};
    const scripted = supportOf?.({ runtime: "scripted" });
    const { create } = (await providers["local"]?.provider()) ?? {};
    const provider = await create?.({ runtime: "scripted" }, providerContext(fakeClock()));
    const told = (rows: readonly SupportRow[] = []) => rows.map(({ find: _find, ...row }) => row);
    expect(told(provider?.support)).toEqual(told(scripted));
    await provider?.close?.();
  });

  it.for(names)("%s: says what would be refused and changed, by field, each in a sentence", async (name) => {
    const rows = (await providers[name]?.support())?.supportOf({});
    const never = { restartPolicy: "Never" } as const;
    const pod = podWith({}, { ...never, hostPID: true, hostname: "h", terminationGracePeriodSeconds: 600 });
    const refused = supportFindings(pod, rows ?? [], "refused");
    expect(refused.map(({ path }) => path)).toEqual(["spec.hostPID"]);
    for (const { sentence } of refused) expect(sentence).toMatch(/^[A-Z].*[.]$/);
    expect(supportFindings(podWith({}, never), rows ?? [], "refused")).toEqual([]);
  });

  it("says what is honoured differently, where a pod has such a thing", async () => {
    const rows = (await providers["fargate"]?.support())?.supportOf({});
    const pod = podWith({}, { volumes: [{ name: "scratch", emptyDir: { sizeLimit: "1Gi" } }] });
    const changed = supportFindings(pod, rows ?? [], "changed");
    expect(changed.map(({ path }) => path)).toContain("spec.volumes[0].emptyDir.sizeLimit");
  });

  it("depends on the configuration: what it grants is not refused", async () => {
    const { supportOf } = (await providers["local"]?.support()) ?? {};
    const pod = podWith({ securityContext: { privileged: true } });
    const refusals = (config: unknown) => supportFindings(pod, supportOf?.(config) ?? [], "refused");
    expect(refusals({})).toHaveLength(1);
    expect(refusals({ engine: { allowPrivileged: true } })).toEqual([]);
    const classed = podWith({}, { runtimeClassName: "standard", overhead: { cpu: "250m" } });
    const engine = { runtimeClasses: ["standard", "other"] };
    const classRefusals = (config: unknown) => supportFindings(classed, supportOf?.(config) ?? [], "refused");
    expect(classRefusals({ engine })).toEqual([]);
    expect(classRefusals({ engine: { runtimeClasses: ["other"] } })).toMatchObject([{ path: "spec.runtimeClassName" }]);
    const process = { runtime: "process", allowHostProcesses: true, engine };
    expect(classRefusals(process)).toMatchObject([{ path: "spec.runtimeClassName" }]);
  });
});
