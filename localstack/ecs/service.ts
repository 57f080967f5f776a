import type { Gate } from "../server/gate.ts";
import { jsonService } from "../server/json.ts";
import type { Service } from "../server/service.ts";
import type { EcsAccount } from "./account.ts";
import { createCluster, describeClusters, putClusterCapacityProviders } from "./operations/clusters.ts";
import { executeCommand } from "./operations/execute-command.ts";
import {
  deleteTaskDefinitions,
  deregisterTaskDefinition,
  describeTaskDefinition,
  listTaskDefinitions,
  registerTaskDefinition,
} from "./operations/definitions.ts";
import { runTask } from "./operations/run-task.ts";
import { listTagsForResource, tagResource } from "./operations/tags.ts";
import { describeTasks, listTasks, stopTask } from "./operations/tasks.ts";

export function ecsService(account: EcsAccount, gate: Gate): Service {
  return jsonService({
    name: "ecs",
    target: "AmazonEC2ContainerServiceV20141113",
    gate,
    operations: {
      CreateCluster: (input) => createCluster(account, input),
      DescribeClusters: (input) => describeClusters(account, input),
      PutClusterCapacityProviders: (input) => putClusterCapacityProviders(account, input),
      RegisterTaskDefinition: (input) => registerTaskDefinition(account, input),
      DescribeTaskDefinition: (input) => describeTaskDefinition(account, input),
      ListTaskDefinitions: (input) => listTaskDefinitions(account, input),
      DeregisterTaskDefinition: (input) => deregisterTaskDefinition(account, input),
      DeleteTaskDefinitions: (input) => deleteTaskDefinitions(account, input),
      RunTask: (input) => runTask(account, input),
      DescribeTasks: (input) => describeTasks(account, input),
      ListTasks: (input) => listTasks(account, input),
      StopTask: (input) => stopTask(account, input),
      ExecuteCommand: (input) => executeCommand(account, input),
      TagResource: (input) => tagResource(account, input),
      ListTagsForResource: (input) => listTagsForResource(account, input),
    },
  });
}
