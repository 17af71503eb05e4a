#!/usr/bin/env python3
"""A bad link: a TCP proxy that limits, delays, cuts and counts.

    flaky_proxy.py --to HOST:PORT [--listen PORT] [options]

It prints the port it listens on and serves until SIGTERM. One process stands for
one link: the rate is shared by all connections, separately in each direction.

  --rate BYTES      bytes per second (suffixes k, M, G are powers of ten)
  --rtt MS          round-trip time; a delay line, so throughput does not suffer
  --cut-mean BYTES  each connection is cut after a number of bytes (both ways)
                    drawn from an exponential distribution with this mean
  --cut-after BYTES each connection is cut after exactly so many bytes
  --seed N          seed of the draws (default 1); connections draw as they arrive
  --cut-mode MODE   rst (default), fin, or hang: no byte more, and no word of it
  --up SEC --down SEC   the link is up, then down, in turn, up first
  --down-mode MODE  reset (default): connections are reset and new ones too;
                    hang: nothing moves until the link is up again
  --window BYTES    what may be under way per connection and direction (default 256 KiB,
                    or rate x rtt when that is more)
  --stats FILE      JSON, replaced atomically five times a second and at the end
  --control PATH    Unix socket that takes lines: stats, up, down, cut (all now)

Counted are bytes that crossed the link, not those a cut took with it:
  up, down          bytes from and to the client
  connections, cuts, refused, open, seconds, down_seconds
"""
import argparse
import asyncio
import collections
import json
import os
import random
import signal
import socket
import struct
import sys
import time


def size(text):
    factor = {"k": 10**3, "M": 10**6, "G": 10**9}.get(text[-1])
    return int(float(text[:-1]) * factor) if factor else int(text)


class Lane:
    """One direction of the link: a clock that tells when it is free again."""

    def __init__(self, rate):
        self.rate = rate
        self.free_at = 0.0

    def reserve(self, length, now):
        """When the last of these bytes will have left."""
        if not self.rate:
            return now
        # A sleeper wakes a little late; without this credit the rate would not be reached.
        self.free_at = max(self.free_at, now - 0.01) + length / self.rate
        return self.free_at


class Link:
    def __init__(self, args):
        self.args = args
        self.random = random.Random(args.seed)
        self.lanes = {"up": Lane(args.rate), "down": Lane(args.rate)}
        self.bytes = {"up": 0, "down": 0}
        self.connections = self.cuts = self.refused = 0
        self.started = time.monotonic()
        self.down_since = None
        self.down_seconds = 0.0
        self.is_up = asyncio.Event()
        self.is_up.set()
        self.open = set()
        # A chunk is at most a hundredth of a second, so that connections share fairly.
        self.chunk = min(65536, max(2048, args.rate // 100)) if args.rate else 65536
        self.window = args.window or max(262144, int(args.rate * args.rtt / 1000))

    def stats(self):
        now = time.monotonic()
        down = self.down_seconds + (now - self.down_since if self.down_since else 0)
        return {"up": self.bytes["up"], "down": self.bytes["down"],
                "connections": self.connections, "cuts": self.cuts, "refused": self.refused,
                "open": len(self.open), "seconds": round(now - self.started, 3),
                "down_seconds": round(down, 3)}

    def set_up(self, up):
        if up and not self.is_up.is_set():
            self.is_up.set()
            self.down_seconds += time.monotonic() - self.down_since
            self.down_since = None
        elif not up and self.is_up.is_set():
            self.is_up.clear()
            self.down_since = time.monotonic()
            if self.args.down_mode == "reset":
                self.cut_all()

    def cut_all(self):
        for connection in list(self.open):
            connection.end("rst")

    def draw(self):
        if self.args.cut_after:
            return self.args.cut_after
        if self.args.cut_mean:
            return max(1, int(self.random.expovariate(1 / self.args.cut_mean)))
        return None


def reset(sock):
    """Close with RST: what is buffered in the kernel is lost, as on a cut link."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    except OSError:
        pass
    sock.close()


class Connection:
    def __init__(self, link, client):
        self.link = link
        self.client = client
        self.server = None
        self.left = link.draw()
        self.how = None
        self.tasks = []
        self.hanging = False

    def end(self, how):
        """Stop both directions now; how is rst, fin or hang."""
        if self.how is None:
            self.how = how
            self.link.cuts += 1
            for task in self.tasks:
                task.cancel()

    def failed(self):
        """One peer has gone, not the link: the other is told."""
        if self.how is None:
            self.how = "peer"
            for task in self.tasks:
                task.cancel()

    async def serve(self):
        loop = asyncio.get_running_loop()
        link, args = self.link, self.link.args
        link.connections += 1
        link.open.add(self)
        try:
            if not link.is_up.is_set() and args.down_mode == "hang":
                await link.is_up.wait()
            if args.rtt:
                await asyncio.sleep(args.rtt / 1000)  # the handshake's round trip
            self.server = socket.socket()
            self.server.setblocking(False)
            self.server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await loop.sock_connect(self.server, args.to)
            if self.how is None:
                self.tasks = [asyncio.ensure_future(t) for t in
                              (self.pump("up", self.client, self.server),
                               self.pump("down", self.server, self.client))]
                await asyncio.gather(*self.tasks, return_exceptions=True)
        except OSError:
            self.failed()
        finally:
            if self.how == "hang":
                # Neither side hears of it; let go when the client gives up.
                await self.linger()
            for sock in (self.client, self.server):
                if sock is None:
                    continue
                if self.how in ("rst", "peer", "hang"):
                    reset(sock)
                else:
                    sock.close()
            link.open.discard(self)

    async def linger(self):
        while True:
            await asyncio.sleep(0.5)
            # TCP_INFO's first byte is the state; 1 is ESTABLISHED.
            if self.client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1) != b"\x01":
                return

    async def pump(self, way, source, sink):
        """Read at the link's rate into the delay line; a second task empties it."""
        loop = asyncio.get_running_loop()
        link = self.link
        lane = link.lanes[way]
        delay = link.args.rtt / 2000
        line = collections.deque()
        waiting = 0
        changed = asyncio.Event()

        async def deliver():
            try:
                await empty_line()
            except OSError:
                self.failed()
            finally:
                changed.set()

        async def empty_line():
            nonlocal waiting
            while True:
                while not line:
                    changed.clear()
                    await changed.wait()
                at, data = line[0]
                pause = at - time.monotonic()
                if pause > 0.0005:
                    await asyncio.sleep(pause)
                if not link.is_up.is_set():
                    await link.is_up.wait()
                if data:
                    await loop.sock_sendall(sink, data)
                    link.bytes[way] += len(data)
                else:
                    sink.shutdown(socket.SHUT_WR)
                line.popleft()
                waiting -= len(data)
                changed.set()
                if not data:
                    return

        writer = asyncio.ensure_future(deliver())
        try:
            while True:
                while waiting >= link.window and not writer.done():
                    changed.clear()
                    await changed.wait()
                if writer.done():
                    break
                data = await loop.sock_recv(source, link.chunk)
                if not link.is_up.is_set():
                    await link.is_up.wait()
                cut = False
                if self.left is not None:
                    data = data[:self.left]
                    self.left -= len(data)
                    cut = self.left == 0
                now = time.monotonic()
                leaves = lane.reserve(len(data), now)
                line.append((leaves + delay, data))
                waiting += len(data)
                changed.set()
                if leaves - now > 0.001:
                    await asyncio.sleep(leaves - now)
                if cut:
                    # What was sent before the cut arrives.
                    while line and not writer.done():
                        await asyncio.sleep(0.001)
                    self.end(link.args.cut_mode)
                    return
                if not data:
                    break
            await writer
        except OSError:
            self.failed()
        finally:
            writer.cancel()


async def listen(link, server):
    loop = asyncio.get_running_loop()
    tasks = set()
    while True:
        client, _ = await loop.sock_accept(server)
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not link.is_up.is_set() and link.args.down_mode == "reset":
            link.refused += 1
            reset(client)
            continue
        task = asyncio.ensure_future(Connection(link, client).serve())
        tasks.add(task)
        task.add_done_callback(tasks.discard)


async def outages(link):
    while True:
        await asyncio.sleep(link.args.up)
        link.set_up(False)
        await asyncio.sleep(link.args.down)
        link.set_up(True)


def write_stats(link):
    path = link.args.stats
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(link.stats(), file)
        file.write("\n")
    os.replace(path + ".new", path)


async def keep_stats(link):
    while True:
        write_stats(link)
        await asyncio.sleep(0.2)


async def control(link, reader, writer):
    while line := await reader.readline():
        word = line.decode().strip()
        if word in ("up", "down"):
            link.set_up(word == "up")
        elif word == "cut":
            link.cut_all()
        writer.write((json.dumps(link.stats()) + "\n").encode())
        await writer.drain()
    writer.close()


async def main(args):
    link = Link(args)
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Accepted sockets inherit it. A small buffer here, or the kernel would acknowledge
    # megabytes on behalf of a link that has not carried them.
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 131072)
    server.bind(("127.0.0.1", args.listen))
    server.listen(256)
    server.setblocking(False)
    jobs = [asyncio.ensure_future(listen(link, server))]
    if args.up and args.down:
        jobs.append(asyncio.ensure_future(outages(link)))
    if args.stats:
        jobs.append(asyncio.ensure_future(keep_stats(link)))
    if args.control:
        await asyncio.start_unix_server(lambda r, w: control(link, r, w), args.control)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    print(server.getsockname()[1], flush=True)
    stopped = asyncio.ensure_future(stop.wait())
    done, _ = await asyncio.wait(jobs + [stopped], return_when=asyncio.FIRST_COMPLETED)
    if args.stats:
        write_stats(link)
    for job in done:
        if job is not stopped:
            job.result()  # raises what ended it


def arguments():
    parser = argparse.ArgumentParser(usage=__doc__, add_help=True)
    parser.add_argument("--to", required=True)
    parser.add_argument("--listen", type=int, default=0)
    parser.add_argument("--rate", type=size, default=0)
    parser.add_argument("--rtt", type=float, default=0)
    parser.add_argument("--cut-mean", type=size, default=0)
    parser.add_argument("--cut-after", type=size, default=0)
    parser.add_argument("--cut-mode", choices=("rst", "fin", "hang"), default="rst")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--up", type=float, default=0)
    parser.add_argument("--down", type=float, default=0)
    parser.add_argument("--down-mode", choices=("reset", "hang"), default="reset")
    parser.add_argument("--window", type=size, default=0)
    parser.add_argument("--stats")
    parser.add_argument("--control")
    args = parser.parse_args()
    host, _, port = args.to.rpartition(":")
    args.to = (host or "127.0.0.1", int(port))
    return args


if __name__ == "__main__":
    try:
        asyncio.run(main(arguments()))
    except KeyboardInterrupt:
        sys.exit(130)
