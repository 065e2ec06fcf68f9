"""A network between two processes that can fall silent, as if a cable was cut."""

import contextlib
import socket
import threading


class BreakableLine:
    """Forwards what comes to a port of its own to another one, until it is cut.

    Args:
        port: on the loopback.
    """

    def __init__(self, port: int) -> None:
        self.target = port
        self.is_cut = threading.Event()
        self.sockets: list[socket.socket] = []
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """From now on nothing passes, and nobody is informed."""
        self.is_cut.set()

    def close(self) -> None:
        for one in (self.server, *self.sockets):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)  # or a thread would wait for it
            one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.server.accept()
                far = socket.create_connection(("127.0.0.1", self.target))
                self.sockets += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._forward, args=(one, other), daemon=True).start()

    def _forward(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while content := one.recv(65536):
                if self.is_cut.is_set():
                    return  # both stay open
                other.sendall(content)
            other.shutdown(socket.SHUT_WR)
