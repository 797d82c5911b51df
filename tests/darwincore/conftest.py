"""Properties are looked for without a clock, since the machine may be busy; and a sink."""

import socket
import threading

import pytest
from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


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
