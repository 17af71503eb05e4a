#!/usr/bin/env python3
"""Runs a command on a terminal of its own, and prints what stands on the screen in the end.

    terminal.py [--size COLUMNSxROWS] COMMAND [ARGUMENT...]

Understood are CR, LF and the sequences A (up), J and K (erase to the end) of ECMA-48; colours
count for nothing. Exit status: the command's.
"""
import fcntl
import os
import pty
import re
import struct
import sys
import termios


class Screen:
    """Lines of characters, without a bottom: what scrolled away counts as well."""

    def __init__(self, columns):
        self.columns, self.lines, self.row, self.column = columns, [[]], 0, 0

    def put(self, char):
        if self.column == self.columns:
            self.newline()
            self.column = 0
        line = self.lines[self.row]
        line.extend(" " * (self.column + 1 - len(line)))
        line[self.column] = char
        self.column += 1

    def newline(self):
        self.row += 1
        if self.row == len(self.lines):
            self.lines.append([])

    def control(self, count, final):
        if final == "A":
            self.row = max(0, self.row - int(count or 1))
        elif final in "JK":
            del self.lines[self.row][self.column:]
            if final == "J":
                del self.lines[self.row + 1:]

    def feed(self, text):
        for match in re.finditer(r"\x1b\[([0-9;?]*)([A-Za-z])|(.)", text, re.S):
            char = match[3]
            if char is None:
                self.control(match[1], match[2])
            elif char == "\r":
                self.column = 0
            elif char == "\n":
                self.newline()
            else:
                self.put(char)

    def text(self):
        return "\n".join("".join(line).rstrip() for line in self.lines).rstrip("\n")


def run(command, columns, rows):
    """The exit status, and all that was written."""
    child, terminal = pty.fork()
    if child == 0:
        os.execvp(command[0], command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    written = b""
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:  # how Linux tells that the other side is closed
            data = b""
        if not data:
            break
        written += data
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), written


def main(arguments):
    columns, rows = 80, 24
    if arguments[:1] == ["--size"]:
        columns, rows = map(int, arguments[1].split("x"))
        arguments = arguments[2:]
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    status, written = run(arguments, columns, rows)
    screen = Screen(columns)
    screen.feed(written.decode("utf-8", "replace"))
    print(screen.text())
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
