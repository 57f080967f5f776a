/** Secrets in a task definition: by what they go in a translation, and by their ARNs in ECS. Pure. */
import type { ContainerDefinition, KeyValuePair, TaskDefinition } from "@aws-sdk/client-ecs";
import { keyMark, objectVariable, type TaskTemplate } from "../request.ts";
import { templateOf } from "../translate/template.ts";

/** The template with the ARNs of what it refers to, and the name that goes with them. */
export function withArns(template: TaskTemplate, arns: ReadonlyMap<string, string>): TaskTemplate {
  if (arns.size === 0) return template;
  const { containerDefinitions = [] } = template.content;
  return templateOf({
    ...template.content,
    containerDefinitions: containerDefinitions.map((one) => filled(one, arns)),
  });
}

function filled(container: ContainerDefinition, arns: ReadonlyMap<string, string>): ContainerDefinition {
  const { secrets, repositoryCredentials, environment } = container;
  return {
    ...container,
    ...(environment && { environment: environment.map((variable) => named(variable, arns)) }),
    ...(secrets && {
      secrets: secrets.map(({ name, valueFrom = "" }) => {
        const [ref = "", key] = valueFrom.split(keyMark);
        const arn = arns.get(ref) ?? ref;
        return { name, valueFrom: key === undefined ? arn : `${arn}:${key}::` };
      }),
    }),
    ...(repositoryCredentials && {
      repositoryCredentials: {
        credentialsParameter:
          arns.get(repositoryCredentials.credentialsParameter ?? "") ?? repositoryCredentials.credentialsParameter,
      },
    }),
  };
}

function named(variable: KeyValuePair, arns: ReadonlyMap<string, string>): KeyValuePair {
  const { name, value = "" } = variable;
  return name === objectVariable ? { name, value: arns.get(value) ?? value } : variable;
}

/** What a task of this definition asks for as it starts. */
export interface Reads {
  /** One call of GetSecretValue each. */
  readonly secrets: number;
  /** Calls of GetParameters, each for ten. */
  readonly parameters: number;
}

export function readsOf({ content }: TaskTemplate): Reads {
  const values = [...new Set(valuesOf(content))];
  const parameters = values.filter((value) => parameterArn.test(value)).length;
  return { secrets: values.length - parameters, parameters: Math.ceil(parameters / 10) };
}

/** ARNs of all secrets, parameters and objects that a definition names. */
export function secretsOf(definition: Pick<TaskDefinition, "containerDefinitions">): readonly string[] {
  const arns = valuesOf(definition).flatMap((value) => (secretArn.exec(value) ?? parameterArn.exec(value))?.[0] ?? []);
  const objects = (definition.containerDefinitions ?? []).flatMap(({ environment = [] }) =>
    environment.flatMap(({ name, value = "" }) => (name === objectVariable && objectArn.test(value) ? [value] : [])),
  );
  return [...new Set([...arns, ...objects])];
}

const objectArn = /^arn:[\w-]+:s3:::[^/]+\/.+/;

const parameterArn = /^arn:[\w-]+:ssm:[\w-]+:\d+:parameter\/.+/;
const secretArn = /^arn:[\w-]+:secretsmanager:[\w-]+:\d+:secret:[^:]+/;

function valuesOf({ containerDefinitions = [] }: Pick<TaskDefinition, "containerDefinitions">): readonly string[] {
  return containerDefinitions.flatMap(({ secrets = [], repositoryCredentials }) => [
    ...secrets.flatMap(({ valueFrom }) => valueFrom ?? []),
    ...(repositoryCredentials?.credentialsParameter === undefined ? [] : [repositoryCredentials.credentialsParameter]),
  ]);
}
