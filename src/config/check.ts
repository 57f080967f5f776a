/** Everything that is wrong with a configuration's value, at once. Pure. */
import { explain, fieldName, type Finding, meantOr, valueAt } from "./explain.ts";
import { type Configuration, configurationSchemaWith, nodeFieldNames, nodeSchema, nodeSchemaWith } from "./schema.ts";
import type { Providers } from "./setting.ts";
import { scalarFields } from "./shape.ts";
import { z } from "zod";

/** The configuration with defaults filled in, or the findings. */
export function check(value: unknown, providers: Providers): { config: Configuration } | { findings: Finding[] } {
  const schema = configurationSchemaWith(z.unknown());
  const top = schema.safeParse(value);
  const findings = top.success ? [] : explain(schema, value, top.error.issues);
  const given = valueAt(value, ["nodes"]);
  const nodes = (Array.isArray(given) ? (given as unknown[]) : []).map((node, index) => {
    const checked = checkNode(node, providers);
    if ("node" in checked) return checked.node;
    findings.push(...checked.findings.map(({ path, ...rest }) => ({ path: ["nodes", index, ...path], ...rest })));
    return undefined;
  });
  const all: readonly unknown[] = Array.isArray(given) ? given : [];
  findings.push(...doubles(all, valueAt(value, ["kubelet"])), ...sharedFindings(all, providers));
  return findings.length > 0 || !top.success
    ? { findings }
    : { config: { ...(top.data as Configuration), nodes: nodes as Configuration["nodes"] } };
}

function checkNode(node: unknown, providers: Providers): { node: unknown } | { findings: Finding[] } {
  const name = valueAt(node, ["provider"]);
  const options = typeof name === "string" && Object.hasOwn(providers, name) ? providers[name] : undefined;
  if (typeof name !== "string" || options === undefined) return { findings: withoutProvider(node, name, providers) };
  const schema = nodeSchemaWith(name, options);
  const checked = schema.safeParse(node);
  return checked.success ? { node: checked.data } : { findings: explain(schema, node, checked.error.issues) };
}

/** What can be said while it is not known who runs the pods. */
function withoutProvider(node: unknown, name: unknown, providers: Providers): Finding[] {
  const checked = nodeSchema.safeParse(node);
  const findings = checked.success ? [] : explain(nodeSchema, node, checked.error.issues);
  const known = Object.keys(providers);
  if (typeof name === "string" && name !== "") {
    const what = `there is no provider ${JSON.stringify(name)}${meantOr(";", name, known)} allowed: ${known.join(", ")}`;
    findings.push({ path: ["provider"], of: "value", what });
  }
  if (typeof node !== "object" || node === null || Array.isArray(node)) return findings;
  // Each part that is there is some provider's: what is wrong in it is wrong whoever is meant.
  for (const part of known) {
    const value = valueAt(node, [part]);
    const schema = providers[part];
    const inPart = value === undefined ? undefined : schema?.safeParse(value);
    if (schema === undefined || inPart?.success !== false) continue;
    const inside = explain(schema, value, inPart.error.issues);
    findings.push(...inside.map(({ path, ...rest }) => ({ path: [part, ...path], ...rest })));
  }
  const allowed = [...nodeFieldNames, ...known];
  for (const key of Object.keys(node)) {
    if (allowed.includes(key) || key === name) continue;
    const here = `${nodeFieldNames.join(", ")}, and the part of the provider`;
    findings.push({ path: [key], of: "key", what: `unknown field${meantOr(";", key, allowed)} allowed here: ${here}` });
  }
  return findings;
}

/** Nodes that could not exist beside each other. */
function doubles(nodes: readonly unknown[], kubelet: unknown): Finding[] {
  const listen = valueAt(kubelet, ["address"]);
  const mayShare = valueAt(kubelet, ["sharePort"]) === true;
  const names = new Map<unknown, number>();
  const places = new Map<string, number>();
  return nodes.flatMap((node, index): Finding[] => {
    if (typeof node !== "object" || node === null) return [];
    const { name, address, port = defaultPort } = node as { name?: unknown; address?: unknown; port?: unknown };
    const found: Finding[] = [];
    const namesake = typeof name === "string" ? names.get(name) : undefined;
    if (namesake !== undefined) {
      const what = `${JSON.stringify(name)} is already the name of ${fieldName(["nodes", namesake])}; every node needs its own`;
      found.push({ path: ["nodes", index, "name"], of: "value", what });
    } else names.set(name, index);
    const place = JSON.stringify([listen ?? address ?? null, port]);
    const neighbour = port === 0 || mayShare ? undefined : places.get(place);
    if (neighbour !== undefined) {
      const what = `port ${String(port)} of this address is already taken by ${fieldName(["nodes", neighbour])}; give every node its own port, or 0 for a free one, or let them share it with kubelet.sharePort: true`;
      found.push({ path: ["nodes", index, "port"], of: "value", what });
    } else places.set(place, index);
    return found;
  });
}

/** Values that every node must have for itself: their fields say why, as `ownPerNode` of their metadata. */
function sharedFindings(nodes: readonly unknown[], providers: Providers): Finding[] {
  return Object.entries(providers).flatMap(([name, schema]) =>
    scalarFields(schema, [name]).flatMap(({ path, schema: field }) => {
      const why = z.globalRegistry.get(field)?.["ownPerNode"];
      if (typeof why !== "string") return [];
      const values = nodes.map((node) => (valueAt(node, ["provider"]) === name ? valueAt(node, path) : undefined));
      return values.flatMap((value, index): Finding[] => {
        const first = values.indexOf(value);
        if (value === undefined || first === index) return [];
        const what = `${JSON.stringify(value)} is already that of ${fieldName(["nodes", first])}; every node needs its own: ${why}`;
        return [{ path: ["nodes", index, ...path], of: "value", what }];
      });
    }),
  );
}

const defaultPort = nodeSchema.shape.port.parse(undefined);
