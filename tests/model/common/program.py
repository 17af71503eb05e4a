"""Running drydock: bound by the modes of files, killed, and with a disk that fails."""
import os
import subprocess
import time

KILLED = -9
BY_FAULT = 137  # how faults.so ends a process that it kills


class Fault:
    """What a run meets: kind "kill", "EIO" or "ENOSPC" at the Nth call (tests/crash/faults.c),
    or "sigkill" after so many milliseconds."""

    def __init__(self, kind, at):
        self.kind, self.at = kind, at

    def __str__(self):
        return f"{self.kind}@{self.at}" + ("ms" if self.kind == "sigkill" else "")


class Run:
    """A run under way; end() -> (status or None when it was killed, its output, its messages)."""

    def __init__(self, process, source, fault):
        self.process, self.source, self.fault = process, source, fault

    def end(self):
        if self.fault and self.fault.kind == "sigkill":
            time.sleep(self.fault.at / 1000)
            self.process.kill()
        try:
            out, err = self.process.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            self.process.kill()
            out, err = self.process.communicate()
            err += b"\nthe model: it did not end within 120 s"
        self.source.close()
        status = self.process.returncode
        if status == KILLED or (status == BY_FAULT and self.fault):
            status = None
        return status, out.decode(errors="replace"), err.decode(errors="replace")


class Program:
    def __init__(self, drydock, faults):
        self.command, self.faults = [os.path.abspath(drydock)], faults and os.path.abspath(faults)
        if os.geteuid() == 0:  # a superuser whom the modes of files bind
            self.command = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", *self.command]

    def start(self, root, words, stdin=None, fault=None):
        env = {k: v for k, v in os.environ.items() if not k.startswith("DRYDOCK_")}
        if self.faults:
            env.update(LD_PRELOAD=self.faults, FAULT_AT="0", FAULT_KIND="none")
            env["ASAN_OPTIONS"] = env.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
            if fault and fault.kind != "sigkill":
                env.update(FAULT_AT=str(fault.at), FAULT_KIND=fault.kind)
        source = open(stdin or os.devnull, "rb")  # pylint: disable=consider-using-with
        process = subprocess.Popen([*self.command, "--root", root, *words], stdin=source, env=env,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return Run(process, source, fault)
