import { access, readFile, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { providers } from "../providers/index.ts";
import { createProgram } from "../src/cli/program.ts";
import { loadConfig } from "../src/config/load.ts";

const root = join(import.meta.dirname, "..");
const text = (path: string): Promise<string> => readFile(join(root, path), "utf8");
const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const program = createProgram(async () => undefined, new AbortController().signal);

const pages = (await readdir(root, { recursive: true }))
  .filter((path) => path.endsWith(".md") && !path.includes("node_modules/"))
  .toSorted();

describe("the documentation tells of what exists", () => {
  it.for(pages)("every link of %s leads somewhere", async (page) => {
    const links = [...(await text(page)).matchAll(/\]\((?!\w+:|#)([^)#\s]+)[^)]*\)/g)].map(([, link = ""]) => link);
    const broken = await missing(links.map((link) => join(dirname(page), link)));
    expect(broken).toEqual([]);
  });

  it.for(pages)("every npm script that %s names exists", async (page) => {
    const { scripts } = JSON.parse(await text("package.json")) as { scripts: Record<string, string> };
    const named = [...(await text(page)).matchAll(/npm run ([\w:]+)/g)].map(([, script = ""]) => script);
    expect(named.filter((script) => !Object.hasOwn(scripts, script))).toEqual([]);
  });

  it.for(pages)("every command of burstlet that %s names exists", async (page) => {
    const named = [...(await text(page)).matchAll(/(?:`burstlet|src\/main\.ts|npm run burstlet --) ([a-z]+)/g)];
    const commands = program.commands.map((command) => command.name());
    expect(named.map(([, command = ""]) => command).filter((command) => !commands.includes(command))).toEqual([]);
  });

  it("the configuration in README.md is one", async () => {
    const example = /^ *```yaml\n( *apiVersion: burstlet[\s\S]*?)```/m.exec(await text("README.md"))?.[1] ?? "";
    const schemas = Object.entries(providers).map(
      async ([name, entry]) => [name, (await entry.config()).configSchema] as const,
    );
    const source = { file: "README.md", text: example, providers: Object.fromEntries(await Promise.all(schemas)) };
    expect(loadConfig(source).nodes.map((node) => node.name)).toEqual(["burst-1"]);
  });

  it("every room that ARCHITECTURE.md or README.md names exists", async () => {
    const map = `${await text("ARCHITECTURE.md")}${await text("README.md")}${await text("CONTRIBUTING.md")}`;
    const paths = [...map.matchAll(/`((?:src|providers|deploy|test|docs|localstack)(?:\/[\w.-]+)*)`/g)];
    expect(paths.length).toBeGreaterThan(20);
    // Rules name them already; they come with the first cloud.
    const planned = new Set(["providers/aws"]);
    const named = [...new Set(paths.map(([, path = ""]) => path))].filter((path) => !planned.has(path));
    expect(await missing(named)).toEqual([]);
  });

  it("every room in the picture is a folder", async () => {
    const picture = await text("docs/ring.svg");
    const rooms = [...picture.matchAll(/class="room"[^>]*>([^<]+)</g)].map(([, room = ""]) => room);
    expect(rooms.length).toBeGreaterThan(6);
    expect(await missing(rooms.map((room) => (room === "providers" ? room : `src/${room}`)))).toEqual([]);
  });

  it("the table of the kubelet's options has every option once", async () => {
    const rows = [...(await text("docs/kubelet-options.md")).matchAll(/^\| `--([\w-]+)`/gm)].map(
      ([, name = ""]) => name,
    );
    const options = (await text("test/fixtures/kubelet-options.txt"))
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
    expect(rows.toSorted()).toEqual(options.toSorted());
  });

  it("burstlet run has the options that the table says it has, and of the kubelet's no others", async () => {
    const rows = [...(await text("docs/kubelet-options.md")).matchAll(/^\| `--([\w-]+)` \| (\w+)/gm)];
    const run = program.commands.find((command) => command.name() === "run");
    const own = new Set(["--help", ...(run?.options ?? []).map((option) => option.long)]);
    const has = rows.filter(([, name]) => own.has(`--${name}`)).map(([, name]) => name);
    expect(rows.filter(([, , burstlet]) => burstlet === "has").map(([, name]) => name)).toEqual(has);
  });

  it("the list of the kubelet's options is of the Kubernetes that is built here", async () => {
    const version = /k8s\.io\/kubernetes (v[\d.]+)/.exec(await text("test/controlplane/go.mod"))?.[1];
    expect(await text("test/fixtures/kubelet-options.txt")).toContain(`Kubernetes ${version},`);
  });
});

async function missing(paths: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(paths.map((path) => exists(join(root, path))));
  return paths.filter((_, index) => !found[index]);
}
