/** `burstlet schema`: the configuration's shape, for editors, for Helm and for people. */
import { z } from "zod";
import { fieldName } from "../config/explain.ts";
import { configurationSchema, configurationSchemaWith, nodeSchema, nodeSchemaWith } from "../config/schema.ts";
import { type Providers, variables } from "../config/setting.ts";
import { providerSchemas } from "./configuration.ts";

export interface SchemaOptions {
  readonly draft7?: boolean;
  readonly environment?: boolean;
}

export async function schema({ draft7 = false, environment = false }: SchemaOptions): Promise<number> {
  const schemas = await providerSchemas();
  console.log(environment ? variableTable(schemas) : JSON.stringify(jsonSchema(schemas, draft7), undefined, 2));
  return 0;
}

/** `draft7`: what Helm's tools have understood for longest. */
export function jsonSchema(providers: Providers, draft7: boolean): object {
  const [first, ...others] = Object.entries(providers).map(([name, options]) => nodeSchemaWith(name, options));
  if (first === undefined) throw new Error("there is no provider");
  const node = z.discriminatedUnion("provider", [first, ...others]);
  const made = z.toJSONSchema(configurationSchemaWith(node), {
    // The other direction would call every field with a default required.
    io: "input",
    target: draft7 ? "draft-7" : "draft-2020-12",
    override({ jsonSchema: part }) {
      if (part.maximum === Number.MAX_SAFE_INTEGER) delete part.maximum;
      if (part.minimum === Number.MIN_SAFE_INTEGER) delete part.minimum;
    },
  });
  return { ...made, title: "BurstletConfiguration", description: "The configuration file of burstlet run." };
}

/** Every environment variable with the field that it overrides. */
export function variableTable(providers: Providers): string {
  const rows = variables(configurationSchema, nodeSchema, providers).map(
    ({ name, path }) => [name, fieldName(path)] as const,
  );
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return [["VARIABLE", "FIELD"] as const, ...rows].map(([name, field]) => `${name.padEnd(width)}${field}`).join("\n");
}
