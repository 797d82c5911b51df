"""A sink, which nobody should call."""

import socket
import threading

import pytest


class Sink:
    """A server that nobody should call."""

    def __init__(self):
        self.calls = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            try:
                connection, _address = self.socket.accept()
            except OSError:
                return
            self.calls += 1
            connection.close()


@pytest.fixture
def sink():
    server = Sink()
    yield server
    server.socket.close()
