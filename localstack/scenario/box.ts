import { z } from "zod";
import { type Scenario, type ScenarioInput, scenarioSchema } from "./schema.ts";

/** The scenario as it is now. */
export interface ScenarioBox {
  readonly now: Scenario;
  /** Changes what is named and leaves the rest; lists and single values are replaced whole. Throws ScenarioError. */
  change(changes: ScenarioInput): void;
}

/** Says every mistake with its place. */
export class ScenarioError extends Error {}

/** What was given is kept as it was given, so that a change of one time keeps the base of the others. */
export function createScenarioBox(first: unknown = {}): ScenarioBox {
  let given: unknown = first ?? {};
  let now = parsed(given);
  return {
    get now() {
      return now;
    },
    change(changes) {
      const next = merged(given, changes);
      now = parsed(next);
      given = next;
    },
  };
}

function parsed(given: unknown): Scenario {
  const result = scenarioSchema.safeParse(given);
  if (result.success) return result.data;
  const issues = result.error.issues.map(ofKey);
  throw new ScenarioError(`the scenario is wrong:\n${z.prettifyError({ issues })}`);
}

/** Of a key that is refused zod's text tells no reason; the key's own rule does. */
function ofKey(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  return issue.code === "invalid_key"
    ? { ...issue, message: issue.issues.map(({ message }) => message).join(", ") }
    : issue;
}

function merged(below: unknown, above: unknown): unknown {
  if (!isRecord(below) || !isRecord(above)) return above;
  const names = [...new Set([...Object.keys(below), ...Object.keys(above)])];
  return Object.fromEntries(
    names.map((name) => [name, name in above ? merged(below[name], above[name]) : below[name]]),
  );
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
