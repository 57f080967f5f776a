"""Runs the command of a pod of burstlet in a function of runtime python3.11 or later. Handler: handler.handler"""

import base64
import json
import os
import signal
import subprocess
import sys


class BurstletExit(Exception):
    """How burstlet gets to know the command's exit status: as the type and message of the function's error."""


def handler(event, context):
    if "DurableExecutionArn" not in event:
        return run_pod(event, context)
    # Of a durable function: the command is run within this one invocation, and the execution ends with it.
    operations = (event.get("InitialExecutionState") or {}).get("Operations") or [{}]
    payload = (operations[0].get("ExecutionDetails") or {}).get("InputPayload") or "{}"
    try:
        return {"Status": "SUCCEEDED", "Result": json.dumps(run_pod(json.loads(payload), context))}
    except Exception as error:
        return {"Status": "FAILED", "Error": {"ErrorType": type(error).__name__, "ErrorMessage": str(error)}}


def run_pod(event, context):
    who = event.get("burstlet") or {}
    pod = f"{who.get('namespace')}/{who.get('name')} (uid {who.get('podUid')}, attempt {who.get('attempt')})"
    request = getattr(context, "aws_request_id", None) or "unknown"
    whose = f"pod {pod}, invocation {who.get('invocationId')}, request {request}"
    # By this line burstlet finds the log of an invocation whose id it does not know.
    print(f"burstlet: {whose}", flush=True)
    try:
        returned = run_command(event)
    except Exception as error:
        told = str(error) if isinstance(error, BurstletExit) else f"{type(error).__name__}: {error}"
        print(f"burstlet: end of {whose}: {told.splitlines()[0][:1000]}", flush=True)
        raise
    # By this line, and by nothing else, burstlet knows how an event has ended.
    print(f"burstlet: end of {whose}: exit status 0", flush=True)
    return returned


def run_command(event):
    argv = [*(event.get("command") or []), *(event.get("args") or [])]
    if not argv:
        raise TypeError("the payload has no command: set command or args of the container")
    variables = {one["name"]: one["value"] for one in event.get("env") or []}
    written = []
    try:
        for file in event.get("files") or []:
            written.append(put(file))
        status = run(argv, event.get("workingDir") or "/tmp", {**os.environ, **variables})
        if status != "exit status 0":
            raise BurstletExit(status)
        return {"exitCode": 0}
    finally:
        # The next invocation finds the same /tmp.
        for path in written:
            remove(path)


def put(file):
    path = file["path"]
    if not path.startswith("/tmp/") or os.path.normpath(path) != path:
        raise TypeError(f"{path} is not below /tmp")
    content = base64.b64decode(file["content"]) if file["encoding"] == "base64" else file["content"].encode()
    os.makedirs(os.path.dirname(path), exist_ok=True)
    remove(path)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, file["mode"]), "wb") as out:
        out.write(content)
    return path


def remove(path):
    try:
        os.remove(path)
    except FileNotFoundError:
        pass


def run(argv, directory, variables):
    """`exit status 3`, `signal: killed`; its output is the function's log."""
    try:
        # Made as by a container engine, where a function may write.
        if directory.startswith("/tmp/"):
            os.makedirs(directory, exist_ok=True)
        else:
            os.stat(directory)
    except OSError as error:
        print(f"burstlet: workingDir: {error}", file=sys.stderr, flush=True)
        return "exit status 126"
    try:
        child = subprocess.Popen(argv, cwd=directory, env=variables, stdin=subprocess.DEVNULL, start_new_session=True)
    except OSError as error:
        print(f"burstlet: {error}", file=sys.stderr, flush=True)
        return f"exit status {127 if isinstance(error, FileNotFoundError) else 126}"
    code = child.wait()
    # What it has left running would go on in somebody else's invocation.
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    if code == -signal.SIGKILL:
        return "signal: killed"
    return f"exit status {code if code >= 0 else 128 - code}"
