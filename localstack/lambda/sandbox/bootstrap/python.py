"""Runtime python of the stand-in: takes work from the Runtime API and gives it to the handler, in a process of its own.

Errors are written as AWS's own runtime writes them.
"""

import http.client
import importlib
import json
import os
import sys
import time
import traceback

BASE = "/2018-06-01/runtime/"
connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])


def call(method, path, content=None):
    connection.request(method, BASE + path, None if content is None else json.dumps(content))
    answer = connection.getresponse()
    return answer.headers, answer.read()


class Context:
    def __init__(self, headers):
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.client_context = json.loads(headers.get("Lambda-Runtime-Client-Context") or "null")
        self._deadline = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline - int(time.time() * 1000))


def told(error, error_type=None, message=None):
    frames = [line.rstrip() for line in traceback.format_tb(error.__traceback__)]
    return {
        "errorMessage": str(error) if message is None else message,
        "errorType": error_type or type(error).__name__,
        "stackTrace": frames,
    }


def load():
    module_name, _, member = os.environ["_HANDLER"].rpartition(".")
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        return None, told(error, "Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}")
    except Exception as error:
        return None, told(error)
    if not hasattr(module, member):
        error = AttributeError(f"Handler '{member}' missing on module '{module_name}'")
        return None, told(error, "Runtime.HandlerNotFound")
    return getattr(module, member), None


handler, trouble = load()
if trouble is not None:
    print(f"[ERROR] {trouble['errorType']}: {trouble['errorMessage']}", flush=True)
    call("POST", "init/error", trouble)
    sys.exit(1)

while True:
    headers, body = call("GET", "invocation/next")
    request_id = headers["Lambda-Runtime-Aws-Request-Id"]
    try:
        result = handler(json.loads(body), Context(headers))
        sys.stdout.flush()
        call("POST", f"invocation/{request_id}/response", result)
    except Exception as error:
        failed = told(error)
        print(f"[ERROR] {failed['errorType']}: {failed['errorMessage']}", flush=True)
        call("POST", f"invocation/{request_id}/error", failed)
