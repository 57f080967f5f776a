import { randomUUID } from "node:crypto";
import { text } from "node:stream/consumers";
import { expect } from "vitest";
import type { FilesVolume } from "../../../src/provider.ts";
import type { ContractTest } from "../contract.ts";
import { type BenchTask, forever, hasEnded, isRunning, type Workbench } from "../workbench.ts";

/** Tests of files that change while a task lives. They look by exec; a provider without either lists a gap. */
export const updateTests: readonly ContractTest[] = [
  {
    name: "update replaces the files of a volume: changed ones, more and fewer, with their modes",
    async run(bench) {
      const task = await reading(bench, { a: "1", pinned: "1", gone: "1", "x/gone": "1" });
      const list = "cd /live; find . -follow -type f ! -path '*/..*' | sort | while read f; do echo $f $(cat $f); done";
      expect(await said(bench, task, list)).toBe("./a 1\n./gone 1\n./pinned 1\n./x/gone 1\n");
      await update(bench, task, { a: "2", pinned: "2", "x/new": "2" });
      expect(await said(bench, task, list)).toBe("./a 2\n./pinned 2\n./x/new 2\n");
      expect(await said(bench, task, "cd /live; ls; stat -L -c %a a; echo x >a; cat a")).toBe("a\npinned\nx\n640\n2");
      await update(bench, task, {});
      expect(await said(bench, task, "ls /live")).toBe("");
    },
  },
  {
    name: "a file that is mounted by subPath stays as it was while its container runs",
    async run(bench) {
      const task = await reading(bench, { pinned: "1" });
      for (const content of ["2", "3"]) await update(bench, task, { pinned: content });
      expect(await said(bench, task, "cat /pinned /live/pinned")).toBe("13");
    },
  },
  {
    name: "a container that runs again has the new files",
    async run(bench) {
      const task = await reading(bench, { a: "1", pinned: "1" });
      await bench.provider.kill?.({ task, container: "main", instance: 0 }, 1);
      await task.until("it ended", hasEnded());
      await update(bench, task, { a: "2", pinned: "2" });
      await bench.provider.restart?.(task, "main", 1);
      await task.until("it runs again", isRunning("main", 1));
      expect(await said(bench, task, "cat /live/a /pinned", 1)).toBe("22");
    },
  },
  {
    name: "who reads a file while it is replaced finds the old or the new, whole",
    async run(bench) {
      const contents = ["a", "b", "c", "d"].map((letter) => letter.repeat(4000));
      const task = await reading(bench, { a: contents[0] ?? "", pinned: "1" });
      const found = said(
        bench,
        task,
        "while ! grep -q 2 /live/pinned; do cat /live/a || echo none; echo; : >/tmp/reads; done | sort -u",
      );
      // Awaited below, unless an update fails first.
      found.catch(() => undefined);
      await said(bench, task, "until [ -e /tmp/reads ]; do sleep 0.1; done");
      for (const content of contents) await update(bench, task, { a: content, pinned: "1" });
      // A busy machine may let no read come between two updates: one has to, or there is nothing to compare.
      await said(bench, task, "rm -f /tmp/reads; until [ -e /tmp/reads ]; do sleep 0.1; done");
      for (const content of contents) await update(bench, task, { a: content, pinned: "1" });
      await update(bench, task, { a: contents[0] ?? "", pinned: "2" });
      const lines = (await found).trim().split("\n");
      expect(lines.length).toBeGreaterThan(1);
      for (const line of lines) expect(contents).toContain(line);
    },
  },
  {
    name: "update may be repeated, and is refused for a task or a volume that there is not",
    async run(bench) {
      const task = await reading(bench, { a: "1", pinned: "1" });
      await update(bench, task, { a: "2", pinned: "2" });
      await update(bench, task, { a: "2", pinned: "2" });
      expect(await said(bench, task, "cat /live/a")).toBe("2");
      const nobody = { identity: { ...task.identity, podUid: randomUUID() } };
      const files = [volume({ a: "3" })];
      const signal = bench.signal();
      await expect(bench.provider.update?.(nobody, { files }, signal)).rejects.toMatchObject({ kind: "notFound" });
      const other = [{ ...volume({ a: "3" }), name: "other" }];
      await expect(bench.provider.update?.(task, { files: other }, signal)).rejects.toMatchObject({ kind: "invalid" });
      expect(await said(bench, task, "cat /live/a")).toBe("2");
    },
  },
];

async function reading(bench: Workbench, files: Readonly<Record<string, string>>): Promise<BenchTask> {
  const task = await bench.launch({ name: "main", does: forever, reads: files });
  await task.until("it runs", isRunning());
  return task;
}

function volume(files: Readonly<Record<string, string>>): FilesVolume {
  const list = Object.entries(files).map(([path, content]) => ({
    path,
    mode: 0o640,
    content,
    encoding: "utf8" as const,
  }));
  return { name: "live", kind: "files", files: list };
}

async function update(bench: Workbench, task: BenchTask, files: Readonly<Record<string, string>>): Promise<void> {
  if (bench.provider.update === undefined) throw new Error("this provider changes no files");
  await bench.provider.update(task, { files: [volume(files)] }, bench.signal());
}

/** What a line of shell writes in the container. */
async function said(bench: Workbench, task: BenchTask, line: string, instance = 0): Promise<string> {
  const { provider, signal } = bench;
  if (provider.exec === undefined) throw new Error("this provider executes nothing");
  const command = { argv: ["sh", "-c", line], tty: false, stdin: false };
  const stream = await provider.exec({ task, container: "main", instance }, command, signal());
  stream.stderr?.resume();
  return text(stream.stdout);
}
