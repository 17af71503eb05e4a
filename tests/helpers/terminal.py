#!/usr/bin/env python3
"""Runs a command on a terminal of its own, and prints what stands on it in the end: what has
scrolled off its top, and the screen.

    terminal.py [OPTION...] COMMAND [ARGUMENT...]

  --size COLUMNSxROWS    80x24 without it
  --resize S:COLUMNSxROWS   after so many seconds; may be given again
  --fold                 a narrower terminal folds its lines, as most do; without it they are cut
  --frames FILE          each screen that stood there for a moment, with its size and, as "at", when it
                         came up (seconds since the start), as JSON Lines
  --signal S:NAME        sends a signal to the command's process group after so many seconds

A resize or signal waits until the screen has changed since the one before (five seconds at most):
on a busy machine the command may not have drawn yet, and what it does then would not be seen.

Understood are CR, LF and the sequences A (up), J and K (erase to the end) of ECMA-48; colours
count for nothing, anything else is an error. As in tmux, J in the upper left corner moves the
screen into what has scrolled off. A line that goes on in the next row ends with a backslash.
Exit status: the command's, or 125 when the terminal was sent what it does not understand.
"""
import argparse
import contextlib
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
import unicodedata


class Screen:
    def __init__(self, columns, rows, fold):
        self.columns, self.rows, self.fold = columns, rows, fold
        self.gone = []  # scrolled off the top
        self.lines = [[] for _ in range(rows)]
        self.wraps = [False] * rows  # the line goes on in the next row
        self.row = self.column = 0

    def scroll(self):
        self.gone.append(self.row_text(0))
        del self.lines[0], self.wraps[0]
        self.lines.append([])
        self.wraps.append(False)

    def newline(self):
        if self.row == self.rows - 1:
            self.scroll()
        else:
            self.row += 1

    def put(self, char):
        width = 2 if unicodedata.east_asian_width(char) in "WF" else 1
        if self.column + width > self.columns:
            self.wraps[self.row] = True
            self.newline()
            self.column = 0
        line = self.lines[self.row]
        line.extend(" " * (self.column + width - len(line)))
        line[self.column] = char
        if width == 2:
            line[self.column + 1] = ""
        self.column += width

    def control(self, count, final):
        if final == "A":
            self.row = max(0, self.row - int(count or 1))
        elif final in "JK" and not count:
            if final == "J" and self.row == self.column == 0:
                self.gone += [self.row_text(i) for i in range(self.rows) if self.lines[i]]
            self.erase(self.row, min(self.column, self.columns - 1))
            for row in range(self.row + 1, self.rows if final == "J" else 0):
                self.erase(row, 0)
        elif final != "m":
            raise ValueError(f"sequence {count}{final}")

    def erase(self, row, column):
        del self.lines[row][column:]
        self.wraps[row] = False

    def feed(self, text):
        """Returns what is not complete yet."""
        at = 0
        while at < len(text):
            match = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])").match(text, at)
            char = text[at]
            if match:
                self.control(match[1], match[2])
                at = match.end()
                continue
            if char == "\x1b":
                if re.fullmatch(r"\x1b(\[[0-9;?]*)?", text[at:]):
                    return text[at:]
                raise ValueError(repr(text[at:at + 8]))
            if char == "\r":
                self.column = 0
            elif char == "\n":
                self.newline()
            else:
                self.put(char)
            at += 1
        return ""

    def resize(self, columns, rows):
        lines, cursor = [], (0, 0)
        for i, line in enumerate(self.lines):
            joined = self.fold and i > 0 and self.wraps[i - 1]
            before = len(lines[-1]) if joined else 0
            if joined:
                lines[-1] += line
            else:
                lines.append(list(line))
            if i == self.row:
                cursor = (len(lines) - 1, before + self.column)
        out, wraps, row, column = [], [], 0, 0
        for i, line in enumerate(lines):
            pieces = [line[at:at + columns] for at in range(0, len(line) or 1, columns)]
            if not self.fold:
                pieces = pieces[:1]
            if i == cursor[0]:
                piece = min(cursor[1] // columns, len(pieces) - 1)
                row, column = len(out) + piece, min(cursor[1] - piece * columns, columns - 1)
            out += pieces
            wraps += [True] * (len(pieces) - 1) + [False]
        while len(out) > rows and row < len(out) - 1 and not out[-1]:
            del out[-1], wraps[-1]
        cut = max(0, row - rows + 1)
        self.gone += ["".join(line).rstrip() for line in out[:cut]]
        out, wraps, self.row, self.column = out[cut:], wraps[cut:], row - cut, column
        self.lines = (out + [[] for _ in range(rows)])[:rows]
        self.wraps = (wraps + [False] * rows)[:rows]
        self.columns, self.rows = columns, rows

    def row_text(self, row):
        return "".join(self.lines[row]).rstrip() + ("\\" if self.wraps[row] else "")

    def shown(self):
        return "\n".join(self.row_text(i) for i in range(self.rows)).rstrip("\n")

    def text(self):
        return "\n".join(self.gone + [self.shown()]).rstrip("\n")


def size_of(text):
    columns, rows = map(int, text.split("x"))
    return columns, rows


def set_size(terminal, columns, rows):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def be_shell(command, ready, told):
    """Runs the command as a job in the foreground. Without a shell above it, in its session, nothing stops it: what
    SIGTSTP does to a group that is an orphan is nothing."""
    child = os.fork()
    if child == 0:
        os.close(told)
        os.setpgid(0, 0)
        os.read(ready, 1)  # the terminal is its own, and the size is set
        os.execvp(command[0], command)
    os.close(ready)
    with contextlib.suppress(PermissionError):  # it has done so itself, and is another program already
        os.setpgid(child, child)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    os.tcsetpgrp(0, child)
    os.write(told, str(child).encode())
    os.close(told)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os._exit(status if status >= 0 else 128 - status)


class Session:
    def __init__(self, args):
        self.screen = Screen(*args.size, args.fold)
        self.frames = open(args.frames, "w", encoding="utf-8") if args.frames else None
        self.last = None
        self.began = time.monotonic()
        self.changed = False  # a screen stood there that is another than at the last event
        self.events = sorted(
            [(float(at), self.resize, size_of(size)) for at, size in
             (text.split(":") for text in args.resize)]
            + [(float(at), self.send, name) for at, name in
               (text.split(":") for text in args.signal)], key=lambda e: e[0])
        os.environ.setdefault("TERM", "xterm")
        if os.environ["TERM"] == "":
            os.environ["TERM"] = "xterm"
        ready, go = os.pipe()
        tell, told = os.pipe()
        self.shell, self.terminal = pty.fork()
        if self.shell == 0:
            os.close(go)
            os.close(tell)
            be_shell(args.command, ready, told)
        os.close(ready)
        os.close(told)
        self.child = int(os.read(tell, 20))
        os.close(tell)
        set_size(self.terminal, *args.size)
        os.close(go)

    def resize(self, size):
        self.screen.resize(*size)
        set_size(self.terminal, *size)

    def send(self, name):
        os.killpg(self.child, getattr(signal, "SIG" + name))

    def snapshot(self):
        frame = {"columns": self.screen.columns, "rows": self.screen.rows,
                 "gone": len(self.screen.gone), "screen": self.screen.shown().split("\n")}
        if frame == self.last:
            return
        self.changed = self.changed or self.last is not None or frame["screen"] != [""]
        self.last = frame
        if self.frames:
            at = round(time.monotonic() - self.began, 2)
            self.frames.write(json.dumps({**frame, "at": at}, ensure_ascii=False) + "\n")

    def read(self, wait):
        """False: the other side is closed."""
        if not select.select([self.terminal], [], [], wait)[0]:
            self.snapshot()
            return True
        try:
            data = os.read(self.terminal, 65536)
        except OSError:  # how Linux tells that it is
            return False
        self.bytes += data
        text = self.bytes.decode("utf-8", "ignore")
        self.bytes = self.bytes[len(text.encode()):]
        self.rest = self.screen.feed(self.rest + text)
        return bool(data)

    def run(self):
        self.bytes, self.rest = b"", ""
        while self.read(0.03):
            while self.events and time.monotonic() - self.began >= self.events[0][0] + (
                    0 if self.changed else 5):
                _, act, value = self.events.pop(0)
                self.changed = False
                while select.select([self.terminal], [], [], 0)[0] and self.read(0):
                    pass
                act(value)
        self.snapshot()
        return os.waitstatus_to_exitcode(os.waitpid(self.shell, 0)[1])


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--size", type=size_of, default=(80, 24))
    parser.add_argument("--resize", action="append", default=[])
    parser.add_argument("--signal", action="append", default=[])
    parser.add_argument("--fold", action="store_true")
    parser.add_argument("--frames")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    args = parser.parse_args()
    if not args.command:
        parser.error("which command?")
    session = Session(args)
    try:
        status = session.run()
    except ValueError as why:
        print(f"terminal.py: not understood: {why}", file=sys.stderr)
        return 125
    print(session.screen.text())
    return status


if __name__ == "__main__":
    sys.exit(main())
