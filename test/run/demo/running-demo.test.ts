import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), "burstlet-note-"));
  vi.stubEnv("XDG_CACHE_HOME", cache);
  vi.resetModules();
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(cache, { recursive: true });
});

// The place of the cache is read when the module is loaded.
const project = join(import.meta.dirname, "../../..");
const load = () => import("./running-demo.ts");

it("a demo that runs is found, and needs no other network than its own", async () => {
  const { inItsNetwork, makeDemoFolder, runningDemo, staleDemoFolders, writeNote } = await load();
  expect(runningDemo()).toBeUndefined();
  writeNote(makeDemoFolder(process.pid), "/k");
  expect(runningDemo()).toMatchObject({ kubeconfig: "/k", pid: process.pid });
  expect(inItsNetwork({ pid: process.pid })).toEqual([]);
  expect(staleDemoFolders()).toEqual([]);
});

it("a demo that has died is not found; its folder is stale", async () => {
  const { makeDemoFolder, runningDemo, staleDemoFolders } = await load();
  const child = spawn("true");
  await new Promise((resolve) => child.once("exit", resolve));
  const folder = makeDemoFolder(child.pid ?? 0);
  writeFileSync(join(folder, "demo.json"), JSON.stringify({ kubeconfig: "/k", pid: child.pid, began: "1", project }));
  expect(runningDemo()).toBeUndefined();
  expect(staleDemoFolders()).toEqual([folder]);
});

it("a process that got the id of a dead demo is none", async () => {
  const { makeDemoFolder, runningDemo } = await load();
  const folder = makeDemoFolder(process.pid);
  writeFileSync(join(folder, "demo.json"), JSON.stringify({ kubeconfig: "/k", pid: process.pid, began: "1", project }));
  expect(runningDemo()).toBeUndefined();
});

it("what a killed demo has left is ended", async () => {
  const { endLeftovers, makeDemoFolder, writeLeftovers } = await load();
  const left = spawn("sleep", ["1000"]);
  const ended = new Promise((resolve) => left.once("exit", (_, signal) => resolve(signal)));
  const folder = makeDemoFolder(1);
  writeLeftovers(folder, left.pid ?? 0, "/scratch");
  expect(endLeftovers(folder)).toBe("/scratch");
  expect(await ended).toBe("SIGKILL");
  // Once more, when it is gone.
  expect(endLeftovers(folder)).toBe("/scratch");
});

it("a folder without notes is no trouble, nor is what else is in the cache", async () => {
  const { endLeftovers, makeDemoFolder, runningDemo } = await load();
  const folder = makeDemoFolder(process.pid);
  writeFileSync(join(cache, "burstlet", "demo-notes.txt"), "");
  expect(runningDemo()).toBeUndefined();
  expect(endLeftovers(folder)).toBeUndefined();
  expect(existsSync(folder)).toBe(true);
  expect(readdirSync(join(cache, "burstlet"))).toHaveLength(2);
});

it("is not one that was started from another folder", async () => {
  const { makeDemoFolder, runningDemo, writeNote } = await load();
  const folder = makeDemoFolder(process.pid);
  writeNote(folder, "/k");
  expect(runningDemo()?.kubeconfig).toBe("/k");
  const file = join(folder, "demo.json");
  const mine = JSON.parse(readFileSync(file, "utf8")) as object;
  writeFileSync(file, JSON.stringify({ ...mine, project: "/elsewhere" }));
  expect(runningDemo()).toBeUndefined();
});
