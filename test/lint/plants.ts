/** Violations to plant, one or more for each sentence of ARCHITECTURE.md and each rule, and what must stay allowed. */
import { sentences } from "./rooms.ts";

interface Plant {
  readonly rule: string;
  readonly file: string;
  readonly code: string;
}

export const forbidden: readonly (Plant & { readonly message: string })[] = [
  room("downward", "src/status/up.ts", `export { plan } from "../pods/plan.ts";`),
  room("downward", "src/pods/up.ts", `export const load = () => import("../cli/run.ts");`),
  room("downward", "src/limits/up-type.ts", `import type { Act } from "../pods/act/act.ts";\nexport type A = Act;`),
  room("downward", "src/provider.ts", `export { phase } from "./status/phase.ts";`),
  room("sideways", "src/status/sideways.ts", `export { createBucket } from "../limits/bucket.ts";`),
  room("sideways", "src/node/sideways.ts", `export { plan } from "../pods/plan.ts";`),
  room("model", "src/model/up.ts", `import type { Provider } from "../provider.ts";\nexport type P = Provider;`),
  room("model", "src/model/package.ts", `export { z } from "zod";`),
  room("provider", "providers/local/core.ts", `export { listWatch } from "../../src/cluster/list-watch.ts";`),
  room("provider", "providers/local/model.ts", `export type { Clock } from "../../src/model/clock.ts";`),
  room("neighbours", "providers/aci/borrowed.ts", `export { session } from "../aws/session.ts";`),
  room("neighbours", "providers/aws/borrowed.ts", `export { translate } from "../lambda/translate.ts";`),
  room("neighbours", "providers/shell/borrowed.ts", `export { startedBy } from "../fargate/identity.ts";`),
  room("registry", "src/pods/registry.ts", `export { providers } from "../../providers/index.ts";`),
  room("registry", "src/cli/local.ts", `export const load = () => import("../../providers/local/provider.ts");`),
  room("localstack", "localstack/limits.ts", `export { createBucket } from "../src/limits/bucket.ts";`),
  room("localstack", "localstack/provider.ts", `export type { Provider } from "../src/provider.ts";`),
  room("localstack", "localstack/frames.ts", `export { frame } from "../providers/aws/ssm-session.ts";`),
  room("clientNode", "src/kubelet/client.ts", `export { KubeConfig } from "@kubernetes/client-node";`),
  room("clientNode", "src/node/client.ts", `export const load = () => import("@kubernetes/client-node");`),
  room("clientNode", "providers/local/client.ts", `export { KubeConfig } from "@kubernetes/client-node";`),
  room("cloudSdk", "src/cluster/ecs.ts", `export { ECSClient } from "@aws-sdk/client-ecs";`),
  room("cloudSdk", "localstack/arm.ts", `export { ManagedIdentityCredential } from "@azure/identity";`),
  room("shipped", "src/cli/fixture.ts", `export { cluster } from "../../test/support/cluster.ts";`),
  room("shipped", "providers/local/stand-in.ts", `export { server } from "../../localstack/server.ts";`),
  room("shipped", "src/kubelet/helper.ts", `export { api } from "./testing.ts";`),
  room("pure", "src/pods/plan.ts", `export { readFile } from "node:fs/promises";`),
  room("pure", "src/resolve/env.ts", `export { createCache } from "../cluster/cache.ts";`),
  room("pure", "providers/fargate/translate.ts", `export { request } from "node:https";`),
  room("clock", "src/pods/wait.ts", `export { setTimeout } from "node:timers/promises";`),
  rule("no-restricted-globals", "src/pods/now.ts", `export const now = () => Date.now();`, sentences.clock),
  rule(
    "no-restricted-globals",
    "providers/local/now.ts",
    `export const at = () => performance.now();`,
    sentences.clock,
  ),
  rule(
    "no-restricted-properties",
    "src/node/late.ts",
    `export const s = () => AbortSignal.timeout(1);`,
    sentences.clock,
  ),
  room("named", "src/attic/old.ts", `export { plan } from "../pods/plan.ts";`),

  rule("no-floating-promises", "src/pods/floating.ts", `export function f() {\n  Promise.resolve(1);\n}`),
  rule("no-misused-promises", "src/pods/misused.ts", `export const f = (p: Promise<boolean>) => (p ? 1 : 2);`),
  rule("await-thenable", "src/pods/await.ts", `export const f = async () => await 1;`),
  rule(
    "switch-exhaustiveness-check",
    "src/pods/switch.ts",
    `export function f(x: "a" | "b"): number {\n  switch (x) {\n    case "a":\n      return 1;\n    default:\n      return 2;\n  }\n}`,
  ),
  rule("max-lines", "src/pods/long.ts", "export const x = [\n" + "  1,\n".repeat(300) + "];"),
  rule("max-lines-per-function", "src/pods/long-function.ts", `export function f() {\n${"  f();\n".repeat(60)}}`),
  rule("no-cycle", "src/pods/cycle-a.ts", `export { b } from "./cycle-b.ts";\nexport const a = 1;`),
  rule("no-cycle", "src/pods/cycle-b.ts", `export { a } from "./cycle-a.ts";\nexport const b = 1;`),
  rule("no-default-export", "src/pods/default.ts", "export default 1;"),
  rule("no-console", "src/pods/console.ts", `console.log("a");`),
  rule("no-process-exit", "src/pods/exit.ts", "export const f = () => process.exit(1);"),
  rule("no-explicit-any", "src/pods/any.ts", "export const f = (x: any) => String(x);"),
  rule("no-non-null-assertion", "src/pods/sure.ts", "export const f = (x: string | undefined) => x!;"),
  rule("reason-to-suppress", "src/pods/hush.ts", `// oxlint-disable-next-line no-console\nconsole.log("a");`),
  rule("no-skip", "src/pods/only.test.ts", `import { it } from "vitest";\nit.only("is alone", () => {});`),
  rule(
    "no-skip",
    "test/e2e/skip.e2e.test.ts",
    `import { describe } from "vitest";\ndescribe.skipIf(true)("x", () => {});`,
  ),
  rule("TS1294", "src/pods/enum.ts", "export enum Phase {\n  Running,\n}"),
  rule("TS1294", "src/pods/property.ts", "export class A {\n  constructor(readonly x: number) {}\n}"),
];

export const allowed: readonly Plant[] = [
  {
    rule: "providers/hooks, from any provider",
    file: "providers/aci/hook.ts",
    code: `export type { HookSpec } from "../hooks/hook-spec.ts";`,
  },
  {
    rule: "providers/shell, from any provider",
    file: "providers/aci/shell.ts",
    code: `export { commandLine } from "../shell/quote.ts";`,
  },
  {
    rule: "types across a row, and client-node's types",
    file: "src/pods/types.ts",
    code: `import type { V1Pod } from "@kubernetes/client-node";\nimport { type NodeObject } from "../node/node-object.ts";\nexport type A = readonly [V1Pod, NodeObject];`,
  },
  {
    rule: "the registry, from virtual-node.ts",
    file: "src/virtual-node.ts",
    code: `export { providers } from "../providers/index.ts";`,
  },
  { rule: "a lazy command", file: "src/main.ts", code: `export const load = () => import("./cli/run.ts");` },
  { rule: "aws for fargate", file: "providers/fargate/aws.ts", code: `export { session } from "../aws/session.ts";` },
  { rule: "the contract", file: "providers/local/ok.ts", code: `export type { Clock } from "../../src/provider.ts";` },
  {
    rule: "the engine",
    file: "localstack/ok.ts",
    code: `export { start } from "../providers/local/runtime/engine.ts";`,
  },
  {
    rule: "a stand-in tried with the SDK",
    file: "localstack/sdk.test.ts",
    code: `export { ECSClient } from "@aws-sdk/client-ecs";`,
  },
  {
    rule: "client-node as a value, in cluster/",
    file: "src/cluster/ok.ts",
    code: `export { KubeConfig } from "@kubernetes/client-node";`,
  },
  {
    rule: "a suppression with a reason",
    file: "src/pods/said.ts",
    code: `// oxlint-disable-next-line no-console -- the one line that must reach a person\nconsole.log("a");`,
  },
  { rule: "time in telemetry", file: "src/telemetry/now.ts", code: "export const now = () => Date.now();" },
];

function room(name: keyof typeof sentences, file: string, code: string): Plant & { message: string } {
  return {
    rule: sentences[name],
    file,
    code,
    message: `burstlet(imports): ${/"(\S+)"/.exec(code)?.[1]}: ${sentences[name]}`,
  };
}

function rule(name: string, file: string, code: string, message = ""): Plant & { message: string } {
  return { rule: name, file, code, message: message === "" ? name : message };
}
