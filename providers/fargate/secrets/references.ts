/** Secrets in a task definition: by what they go in a translation, and by their ARNs in ECS. Pure. */
import type { ContainerDefinition, TaskDefinition } from "@aws-sdk/client-ecs";
import { keyMark, type TaskTemplate } from "../request.ts";
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
  const { secrets, repositoryCredentials } = container;
  return {
    ...container,
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

/** How often a task of this definition reads secrets as it starts: once for each value. */
export function readsOf({ content }: TaskTemplate): number {
  return new Set(valuesOf(content)).size;
}

/** ARNs of all secrets that a definition names. */
export function secretsOf(definition: Pick<TaskDefinition, "containerDefinitions">): readonly string[] {
  const arns = valuesOf(definition).flatMap((value) => secretArn.exec(value)?.[0] ?? []);
  return [...new Set(arns)];
}

const secretArn = /^arn:[\w-]+:secretsmanager:[\w-]+:\d+:secret:[^:]+/;

function valuesOf({ containerDefinitions = [] }: Pick<TaskDefinition, "containerDefinitions">): readonly string[] {
  return containerDefinitions.flatMap(({ secrets = [], repositoryCredentials }) => [
    ...secrets.flatMap(({ valueFrom }) => valueFrom ?? []),
    ...(repositoryCredentials?.credentialsParameter === undefined ? [] : [repositoryCredentials.credentialsParameter]),
  ]);
}
