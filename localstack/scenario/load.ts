import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { ScenarioError } from "./box.ts";

/** What a scenario file says, YAML or JSON, still unchecked. Throws ScenarioError. */
export async function readScenario(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new ScenarioError(`the scenario file cannot be read: ${(error as Error).message}`);
  }
  try {
    return (parse(text) as unknown) ?? {};
  } catch (error) {
    throw new ScenarioError(`${path} is no YAML: ${(error as Error).message}`);
  }
}
