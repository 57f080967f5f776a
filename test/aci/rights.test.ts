/** What the roles of deploy/azure let burstlet do, held against the calls that it really makes. */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { expect, test } from "vitest";
import { subnet, identity as identityId } from "../../providers/aci/translate/testing.ts";
import type { ProcessStream } from "../../src/provider.ts";
import { systemClock } from "../../src/telemetry/clock.ts";
import { actionOf } from "./actions.ts";
import { openAci } from "./testing.ts";

const folder = new URL("../../deploy/azure/", import.meta.url);
const roles = ["groups", "subscription", "usage", "uses"] as const;
async function granted(): Promise<string[]> {
  const texts = await Promise.all(roles.map(async (role) => readFile(new URL(`${role}.json`, folder), "utf8")));
  const all = texts.flatMap((text) => (JSON.parse(text) as { Actions: string[] }).Actions);
  return [...new Set(all)].toSorted();
}

/** The PUT of a group needs them, and none is a call of its own. */
const withoutCall = [
  "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
  "Microsoft.Network/virtualNetworks/subnets/join/action",
];

/** Writes down every request, and hands it on as it is to what `to` resolves to. */
async function openRecorder(to: Promise<string>) {
  const seen: { readonly method: string; readonly path: string }[] = [];
  const server = createServer((request, response) => {
    const { method = "", url: path = "", headers } = request;
    seen.push({ method, path });
    void (async () => {
      const body = await buffer(request);
      const { authorization = "", "content-type": type = "application/json" } = headers;
      const init = { method, headers: { authorization, "content-type": type } };
      const answer = await fetch(`${await to}${path}`, { ...init, ...(body.length > 0 && { body }) });
      const told = [...answer.headers].filter(
        ([name]) => !/^(content-length|transfer-encoding|connection)$/.test(name),
      );
      response.writeHead(answer.status, Object.fromEntries(told)).end(await answer.text());
    })().catch(() => response.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    seen,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const places = {
  subnet: subnet("groups").replace(/^\/subscriptions\/[^/]+/, "/subscriptions/00000000-0000-0000-0000-000000000000"),
  identity: identityId("pods").replace(
    /^\/subscriptions\/[^/]+/,
    "/subscriptions/00000000-0000-0000-0000-000000000000",
  ),
};

/** When Azure Monitor tells of what runs now. */
const inThreeMinutes = () => ({ now: () => systemClock.now() + 180_000 });

test("they name the calls that it makes, no more and no fewer", async () => {
  const cloud = Promise.withResolvers<string>();
  await using recorder = await openRecorder(cloud.promise);
  const inUse = {
    network: "subnet",
    subnets: { westeurope: places.subnet },
    identities: [places.identity],
    stats: true,
  };
  const azure = { subnets: [{ id: places.subnet }], identities: [places.identity] };
  await using aci = await openAci({ azure }, { ...inUse, endpoint: recorder.url }, inThreeMinutes);
  cloud.resolve(aci.azure.cloud.url);
  const { provider } = aci;
  const signal = new AbortController().signal;
  await expect(provider.preflight?.()).resolves.toEqual([]);
  await provider.capacity();
  const { id, identity } = await aci.launch();
  await aci.until("it runs", ({ phase }) => phase === "running");
  const source = { task: { identity, id }, container: "main", instance: 0 };
  for await (const _ of provider.logs?.(source, { follow: false, tailLines: 1 }, signal) ?? []) continue;
  // The scripted runtime has nothing to execute with: asking for it is what matters here.
  const asked = (stream: Promise<ProcessStream> | undefined) =>
    stream?.then(({ stdin }) => void stdin.destroy()).catch(() => undefined);
  await asked(provider.exec?.(source, { argv: ["true"], stdin: false, tty: false }, signal));
  const attached = new AbortController();
  await asked(provider.attach?.(source, { stdin: false }, attached.signal));
  attached.abort();
  await provider.list();
  await provider.stats?.();
  await provider.stop({ identity, id }, { graceSeconds: 0, discard: false });
  await aci.until("it has stopped", ({ phase }) => phase === "stopped");
  await aci.remove(id);
  const called = recorder.seen.map(({ method, path }) => actionOf(method, path));
  expect([...new Set([...called, ...withoutCall])].toSorted()).toEqual(await granted());
});
