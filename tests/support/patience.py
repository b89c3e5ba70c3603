"""How long a test waits for what must come, and a port to wait at."""

from __future__ import annotations

import random
import socket

# Only what hangs is as slow, even where much other work shares the cores.
WAIT_S = 180
WAIT_MS = 1000 * WAIT_S


def free_port(host: str = "127.0.0.1") -> int:
    """A port that is free, and lies below those that systems give to connections going out.

    A port that the system chose could be some connection's by the time the server listens.
    """
    for port in random.SystemRandom().sample(range(20_000, 32_000), 100):
        with socket.socket() as probe:
            try:
                probe.bind((host, port))
            except OSError:
                continue
        return port
    raise OSError(f"no free port on {host}")
