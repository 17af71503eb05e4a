"""A server in one process of Python, with all that it keeps below one folder.

    one_process.main(SERVE, DOC)    start DIR, stop DIR, env DIR of tests/helpers/radosgw

SERVE(DIR) runs in a process of its own; when it answers, it calls ready(DIR, ENVIRONMENT), whose
names and values become DIR/env, and goes on.
"""
import os
import shutil
import signal
import subprocess
import sys
import time


def pid_of(folder):
    """The server's process, if it is one of ours: the number may have been given to another."""
    try:
        with open(f"{folder}/server.pid", encoding="ascii") as file:
            pid = int(file.read())
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return pid if folder.encode() in file.read().split(b"\0") else None
    except (OSError, ValueError):
        return None


def stop(folder):
    pid = pid_of(folder)
    if pid:
        # Nothing of it outlives the run, so there is nothing to shut down in order.
        os.kill(pid, signal.SIGKILL)
        while pid_of(folder):
            time.sleep(0.02)
    if os.path.exists(f"{folder}/server.pid"):
        shutil.rmtree(folder)
    elif os.path.exists(folder) and os.listdir(folder):
        sys.exit(f"{folder} holds no server")


def start(folder):
    stop(folder)
    os.makedirs(folder, exist_ok=True)
    # Out of our process group, so that a Ctrl-C meant for a test does not end it under the others,
    # and without the descriptors that a caller holds.
    with open(f"{folder}/log", "wb") as log:
        server = subprocess.Popen([sys.executable, os.path.abspath(sys.argv[0]), "serve", folder],
                                  stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                  start_new_session=True)
    with open(f"{folder}/server.pid", "w", encoding="ascii") as file:
        file.write(f"{server.pid}\n")
    end = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < end:
        if os.path.exists(f"{folder}/env"):
            return show(folder)
        time.sleep(0.05)
    server.kill()
    with open(f"{folder}/log", encoding="utf-8", errors="replace") as log:
        sys.stderr.writelines(log.readlines()[-5:])
    return sys.exit(f"{sys.argv[0]}: it did not start, see {folder}/log; is it installed? scripts/setup test")


def show(folder):
    with open(f"{folder}/env", encoding="utf-8") as file:
        sys.stdout.write(file.read())


def ready(folder, environment):
    with open(f"{folder}/env.new", "w", encoding="utf-8") as file:
        file.writelines(f"{name}={value}\n" for name, value in environment.items())
    os.rename(f"{folder}/env.new", f"{folder}/env")


def main(serve, doc):
    verbs = {"start": start, "stop": stop, "env": show, "serve": serve}
    if len(sys.argv) != 3 or sys.argv[1] not in verbs:
        print(doc, file=sys.stderr)
        sys.exit(2)
    verbs[sys.argv[1]](os.path.abspath(sys.argv[2]))
