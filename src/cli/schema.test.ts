import { describe, expect, it } from "vitest";
import { jsonSchema, variableTable } from "./schema.ts";
import { providerSchemas } from "./configuration.ts";

interface Part {
  readonly [key: string]: unknown;
  readonly properties?: Readonly<Record<string, Part>>;
  readonly items?: Part;
  readonly oneOf?: readonly Part[];
  readonly additionalProperties?: Part | false;
}

const schemas = await providerSchemas();

/** Every field with its path, those of lists, maps and alternatives too. */
function fields(part: Part, path = ""): [string, Part][] {
  const own = Object.entries(part.properties ?? {}).flatMap(([name, field]): [string, Part][] => [
    [`${path}.${name}`, field],
    ...fields(field, `${path}.${name}`),
  ]);
  const inner = [part.items, ...(part.oneOf ?? []), part.additionalProperties || undefined];
  return [...own, ...inner.flatMap((one) => (one === undefined ? [] : fields(one, `${path}[]`)))];
}

describe("burstlet schema", () => {
  it("says of every option what it is", () => {
    const all = fields(jsonSchema(schemas, false) as Part);
    expect(all.length).toBeGreaterThan(50);
    expect(all.filter(([, { description }]) => description === undefined).map(([path]) => path)).toEqual([]);
  });

  it("gives an example or a default for every option of a node", () => {
    const all = fields(jsonSchema(schemas, false) as Part).filter(([path]) => /^\.nodes\[\]\[\]\.\w+$/.test(path));
    const bare = all.filter(([, part]) => !("examples" in part || "default" in part || "const" in part));
    expect(all.map(([path]) => path.slice(".nodes[][].".length))).toContain("local");
    expect(bare.map(([path]) => path)).toEqual([]);
  });

  it("requires what has no default, and nothing else", () => {
    const { required, properties } = jsonSchema(schemas, false) as Part;
    expect(required).toEqual(["apiVersion", "kind", "nodes"]);
    expect(properties?.["nodes"]?.items?.oneOf?.[0]?.["required"]).toEqual(["name", "provider"]);
  });

  it("refuses unknown fields, inside of a provider's part too", () => {
    const all = fields(jsonSchema(schemas, false) as Part).filter(([, part]) => part.properties !== undefined);
    expect(all.map(([path]) => path)).toContain(".nodes[][].local");
    expect(all.filter(([, part]) => part.additionalProperties !== false).map(([path]) => path)).toEqual([]);
  });

  it.for<[boolean, string]>([
    [false, "https://json-schema.org/draft/2020-12/schema"],
    [true, "http://json-schema.org/draft-07/schema#"],
  ])("is of the draft that was asked for (draft 7: %s)", ([draft7, name]) => {
    expect(jsonSchema(schemas, draft7)).toMatchObject({ $schema: name, title: "BurstletConfiguration" });
    expect(JSON.stringify(jsonSchema(schemas, draft7))).not.toContain(String(Number.MAX_SAFE_INTEGER));
  });

  it("lists the environment variables, each once, with the field that it overrides", () => {
    const lines = variableTable(schemas)
      .split("\n")
      .map((line) => line.split(/\s+/));
    expect(lines).toContainEqual(["BURSTLET_NODE_CLUSTER_DOMAIN", "nodes[0].clusterDomain"]);
    expect(lines).toContainEqual(["BURSTLET_NODE_LOCAL_STATE_DIR", "nodes[0].local.stateDir"]);
    expect(new Set(lines.map(([name]) => name)).size).toBe(lines.length);
  });
});
