import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import type { LogRecord } from "../../src/provider.ts";
import { eventually } from "../support/eventually.ts";
import { podWith, resolvedPod } from "../support/resolve-sources.ts";
import { events, openFargate, uidOf, withEventQueue } from "./testing.ts";

interface Policy {
  readonly Statement: readonly { readonly Action: string | readonly string[] }[];
}
const folder = new URL("../../deploy/iam/", import.meta.url);
const text = async (name: string): Promise<string> => readFile(new URL(name, folder), "utf8");
const actionsOf = async (name: string): Promise<string[]> =>
  [...new Set((JSON.parse(await text(name)) as Policy).Statement.flatMap(({ Action }) => Action))].toSorted();

const env = [{ name: "PASSWORD", valueFrom: { secretKeyRef: { name: "db", key: "password" } } }];
const withSecret = [podWith({ image: "scripted", env }), { secrets: { db: { data: { password: "hush" } } } }] as const;

/** They are asked for by other calls and are none themselves. */
const withoutCall = ["ecs:TagResource", "iam:PassRole", "secretsmanager:TagResource"];
/** Calls that have their right from another name. */
const rights: Readonly<Record<string, string>> = { "sqs:DeleteMessageBatch": "sqs:DeleteMessage" };
/** Everybody may. */
const withoutRight = ["sts:GetCallerIdentity"];

test("the policy of burstlet names the calls that it really makes, no more and no fewer", async () => {
  await using fargate = await openFargate(withEventQueue, { exec: true, secrets: { graceSeconds: 1 }, events });
  const { provider, world } = fargate;
  const watched = fargate.watch();
  const signal = new AbortController().signal;
  await provider.capacity();
  await provider.preflight?.();
  const { id, identity } = await fargate.launch(uidOf(1), {}, ...withSecret);
  // Another life of the node finds the secret there.
  const { request } = (await fargate.again()).translate(await resolvedPod(...withSecret));
  if (request === undefined) throw new Error("refused");
  const other = { clusterUid: identity.clusterUid, podUid: uidOf(2), attempt: 1 };
  const again = await fargate.again();
  const second = await again.launch({ identity: other, token: "t".repeat(64), tryNumber: 1, request }, signal);
  await again.stop({ identity: other, id: second.id }, { graceSeconds: 1, discard: false });
  await watched.until("it runs", uidOf(1), ({ phase }) => phase === "running");
  const source = { task: { identity, id }, container: "main", instance: 0 };
  const following = new AbortController();
  const lines: LogRecord[] = [];
  const follow = async (): Promise<void> => {
    const logs = provider.logs?.(source, { follow: true, tailLines: undefined }, following.signal) ?? [];
    for await (const batch of logs) lines.push(...batch);
  };
  world.aws.print(id, "main", ["before"]);
  const followed = follow();
  await eventually("its history is read", () => lines.length > 0);
  await eventually("it follows", () => world.aws.calls.of("logs:FilterLogEvents") > 0);
  const before = lines.length;
  world.aws.print(id, "main", ["after"]);
  await eventually("what comes is read", () => lines.length > before);
  following.abort();
  await followed;
  for await (const _ of provider.logs?.(source, { follow: false, tailLines: 1 }, signal) ?? []) continue;
  // The scripted runtime runs no commands: the calls are made, and tell so.
  for (const tty of [true, false])
    await expect(provider.exec?.(source, { argv: ["true"], tty, stdin: false }, signal)).rejects.toThrow(
      "executes nothing",
    );
  await expect(provider.forward?.(source.task, 80, signal)).rejects.toThrow("80");
  await eventually("sessions are ended", () => world.aws.calls.of("ssm:TerminateSession") > 0);
  await eventually("events are read", () => world.aws.calls.of("sqs:DeleteMessageBatch") > 0);
  await provider.list();
  await provider.stop(source.task, { graceSeconds: 1, discard: false });
  await watched.until("it has stopped", uidOf(1), ({ phase }) => phase === "stopped");
  await eventually("its secret is removed", () => world.aws.calls.of("secretsmanager:DeleteSecret") > 0);
  const called = Object.keys(world.aws.calls.all).filter((call) => !withoutRight.includes(call));
  const needed = called.map((call) => rights[call] ?? call);
  expect([...needed, ...withoutCall].toSorted()).toEqual(await actionsOf("controller.json"));
});

test.for([
  "controller.json",
  "parameters.json",
  "bucket.json",
  "execution-role.json",
  "task-role.json",
  "task-role-efs.json",
])("%s: the page says of each action what it is for", async (name) => {
  const page = await text("README.md");
  const rows = page.slice(page.indexOf(`\`${name}\` is for`)).split("\n\n")[1] ?? "";
  const told = [...rows.matchAll(/`([a-z0-9]+:[A-Za-z]+)`/g)].map(([, action]) => action).toSorted();
  expect(told).toEqual(await actionsOf(name));
});

test("the page's commands name every document, make each role before its first use, and take account and region from the shell", async () => {
  const page = await text("README.md");
  const commands = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = ""]) => block.split("\n"));
  const documents = (await readdir(folder)).filter((name) => name.endsWith(".json"));
  expect(documents.filter((name) => !commands.some((line) => line.includes(`file://deploy/iam/${name}`)))).toEqual([]);
  const made = new Set<string>();
  for (const line of commands) {
    const [, verb = "", role = ""] = / iam ([a-z-]+) .*--role-name (\S+)/.exec(line) ?? [];
    if (verb === "create-role") made.add(role);
    else if (role !== "") expect(made, line).toContain(role);
  }
  const literal = commands.filter((line) => !line.startsWith("sed ") && /123456789012|eu-central-1/.test(line));
  expect(literal).toEqual([]);
});
