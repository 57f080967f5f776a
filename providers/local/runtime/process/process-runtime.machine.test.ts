import { connect } from "node:net";
import { expect, it } from "vitest";
import { eventually } from "../../../../test/support/eventually.ts";
import { describeWith } from "../../../../test/support/requirements.ts";
import { containerSpec } from "../../../../test/support/tasks/task-specs.ts";
import { createProcessRuntime } from "./process-runtime.ts";
import { sh } from "./streams/testing.ts";
import { endOf, isRunning, isStopped, logText, shell, stateOf, useWorld } from "./testing.ts";

describeWith(["root", "namespaces", "busybox"], "the process runtime", () => {
  const world = useWorld();

  it("tells what this host permits", async () => {
    expect(await world().runtime.facts()).toMatchObject({
      containerRuntime: "process://1",
      taskAddresses: true,
      mounts: true,
    });
  });

  it("tells the true exit code, the last words and the output", async () => {
    const task = world().task("exit", [shell("echo out; echo err >&2; echo bye >/dev/termination-log; exit 3")]);
    expect(await world().runtime.start(task)).toMatchObject({ phase: "starting", identity: task.identity, podIPs: [] });
    const state = await world().until(task, isStopped);
    expect(endOf(state)).toMatchObject({ exitCode: 3, reason: "Error", message: "bye\n" });
    expect(state).toMatchObject({ hostIP: "192.0.2.1", nodeName: "node-1", podNamespace: "default", probedBy: "core" });
    expect(stateOf(state)).toMatchObject({ instance: 0, imageID: "process://busybox" });
    expect(stateOf(state).containerID).toMatch(/^process:\/\/[0-9a-f]{64}$/);
    expect((await logText(world().runtime, task)).split("\n").toSorted()).toEqual(["", "err", "out"]);
  });

  it.for([
    ["exits with 0", "exit 0", { exitCode: 0, reason: "Completed" }],
    ["dies by a signal", "kill -KILL $$", { exitCode: 137, signal: 9, reason: "Error" }],
    ["passes 127 of its shell on", "/no/such/program", { exitCode: 127, reason: "Error" }],
  ] as const)("reports a container that %s", async ([, script, end]) => {
    const task = world().task("end", [shell(script)]);
    await world().runtime.start(task);
    expect(endOf(await world().until(task, isStopped))).toMatchObject(end);
  });

  it.for([
    [["/no/such/file"], "stat /no/such/file: no such file or directory"],
    [["nowhere"], "executable file not found in $PATH"],
    [["/etc/hosts"], "permission denied"],
  ] as const)("says StartError with 128 for the command %s", async ([command, words]) => {
    const task = world().task("start-error", [containerSpec({ command: [...command] })]);
    await world().runtime.start(task);
    const end = endOf(await world().until(task, isStopped));
    expect(end).toMatchObject({ exitCode: 128, reason: "StartError" });
    expect(end.message).toContain(words);
    expect(await logText(world().runtime, task)).toBe("");
  });

  it("takes the last lines of the log as the last words where the pod wants that", async () => {
    const script = "seq 1 100; exit 1";
    const task = world().task("words", [
      shell(script, { name: "main", terminationMessageFallback: true }),
      shell(script, { name: "other" }),
      shell("exit 0", { name: "well", terminationMessageFallback: true }),
    ]);
    await world().runtime.start(task);
    const state = await world().until(task, isStopped);
    expect(endOf(state).message?.split("\n").slice(0, 2)).toEqual(["21", "22"]);
    expect(endOf(state, "other").message).toBeUndefined();
    expect(endOf(state, "well").message).toBeUndefined();
  });

  it("says of an image that is not in the table what the kubelet says, and stop ends the wait", async () => {
    const task = world().task("image", [
      containerSpec({ image: "example.com/nothing:1" }),
      containerSpec({ name: "never", image: "nothing", imagePullPolicy: "Never" }),
    ]);
    const first = await world().runtime.start(task);
    expect(stateOf(first).state).toMatchObject({ is: "waiting", reason: "ErrImagePull" });
    expect(stateOf(first, "never").state).toMatchObject({ is: "waiting", reason: "ErrImageNeverPull" });
    const reasonIs = (reason: string) => (state: Parameters<typeof isStopped>[0]) =>
      (stateOf(state).state as { reason?: string }).reason === reason;
    const backedOff = await world().until(task, reasonIs("ImagePullBackOff"));
    const { message } = stateOf(backedOff).state as { message: string };
    expect(message).toMatch(/^Back-off pulling image "example.com\/nothing:1": ErrImagePull: .*busybox/);
    expect(backedOff.phase).toBe("starting");
    await world().runtime.stop(task, { graceSeconds: 30, discard: false });
    expect(stateOf(await world().until(task, isStopped)).state.is).toBe("waiting");
  });

  it("measures CPU time that never falls, and memory", async () => {
    const burn = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done";
    const task = world().task("stats", [shell(`sh -c '${burn}'; while :; do sh -c '${burn}'; done`)]);
    await world().runtime.start(task);
    await world().until(task, isRunning("main"));
    const look = async () =>
      (await world().runtime.stats()).find(({ identity }) => identity.podUid === task.identity.podUid)?.containers[0];
    let last = 0;
    await eventually("CPU time", async () => {
      const now = await look();
      expect(now?.cpuSeconds).toBeGreaterThanOrEqual(last);
      last = now?.cpuSeconds ?? 0;
      return last > 0.3 && (now?.memoryBytes ?? 0) > 0;
    });
  });

  it("tells what a container and its task use: memory in the kernel's and in the program's eyes, disk, logs, network", async () => {
    const line = `dd if=/dev/zero of=/tmp/file bs=1M count=3 2>/dev/null; echo words
      x=$(yes 0123456 | head -c 20000000); while :; do sleep 0.1; done`;
    const task = world().task("usage", [shell(line)]);
    await world().runtime.start(task);
    const state = await world().until(task, isRunning("main"));
    const look = async () =>
      (await world().runtime.stats()).find(({ identity }) => identity.podUid === task.identity.podUid);
    const usage = await eventually("the memory is counted", async () => {
      const now = await look();
      return (now?.containers[0]?.rssBytes ?? 0) > 15_000_000 && now;
    });
    const [container] = usage.containers;
    expect(container?.diskBytes).toBeGreaterThan(3_000_000);
    expect(container?.diskBytes).toBeLessThan(5_000_000);
    expect(container?.logBytes).toBeGreaterThan(30);
    expect(container?.memoryBytes).toBeGreaterThan(15_000_000);
    expect(container?.memoryBytes).toBeLessThan(120_000_000);
    const received = usage.network?.rxBytes ?? 0;
    // Nobody listens there: what counts is that it was asked.
    await new Promise((resolve) => void connect({ host: state.podIPs[0], port: 9 }).once("error", resolve));
    await eventually("the network counts", async () => ((await look())?.network?.rxBytes ?? 0) > received);
    await world().runtime.stop(task, { graceSeconds: 0, discard: false });
    await world().until(task, isStopped);
    expect((await look())?.containers).toEqual([]);
    await eventually("its network is gone", async () => (await look())?.network === undefined);
  });

  it("that is closed asks no other supervisor for what it was still asking", async () => {
    const other = await createProcessRuntime(world().options);
    const listed = other.list();
    await other.close();
    await expect(listed).rejects.toMatchObject({ kind: "transient", reason: "RuntimeClosed" });
  });

  it("follows a log until the run has ended, and hands out the last lines only where asked", async () => {
    const line =
      "echo 1; until [ -e /go ]; do sleep 0.1; done; for i in 2 3 4 5; do echo $i; sleep 0.1; done; printf end";
    const task = world().task("follow", [shell(line)]);
    await world().runtime.start(task);
    await world().until(task, isRunning("main"));
    const followed = logText(world().runtime, task, { follow: true });
    await sh(world(), task, "touch /go");
    expect(await followed).toBe("1\n2\n3\n4\n5\nend\n");
    expect(await logText(world().runtime, task, { tailLines: 2 })).toBe("5\nend\n");
    expect(await logText(world().runtime, task, { tailLines: 0 })).toBe("");
  });

  it("tells a watcher each task, then synced, then changes, then what is gone", async () => {
    const task = world().task("watch", [shell("exit 0")]);
    await world().runtime.start(task);
    const told: string[] = [];
    const versions: number[] = [];
    const stop = new AbortController();
    const watching = world().runtime.watch(
      {
        task: (state) => (told.push(state.phase), versions.push(state.version)),
        gone: () => told.push("gone"),
        synced: () => told.push("synced"),
        health: (trouble) => told.push(`health ${trouble?.message}`),
      },
      stop.signal,
    );
    await eventually("stopped", () => told.includes("stopped"));
    await world().discard(task);
    await eventually("gone", () => told.includes("gone"));
    stop.abort();
    await watching;
    expect(told[0]).toBe("starting");
    expect(told.filter((word) => word === "synced" || word === "gone")).toEqual(["synced", "gone"]);
    expect(told.some((word) => word.startsWith("health"))).toBe(false);
    expect(versions).toEqual(versions.toSorted((a, b) => a - b));
  });
});
