"""The brokers of the fault tests: the embedded Redis or, with SOUK_ENGINES=real, RabbitMQ."""

import json
import os
import shutil
import sys
from pathlib import Path
from uuid import uuid4

import amqp
from kombu import Connection

from testkit.processes import RedisServer

REAL = os.environ.get("SOUK_ENGINES") == "real"
if REAL:
    sys.path.append(str(Path(__file__).resolve().parents[2] / "local"))


class RedisBroker:
    def __init__(self, server: RedisServer) -> None:
        self.server = server
        self.url = server.url(1)

    def kill(self) -> None:
        self.server.kill()

    def start(self) -> None:
        self.server.start()

    def lose_everything(self) -> None:
        """Delete all data of the killed broker."""
        self.server.lose_everything()

    def forget(self) -> None:
        """Delete everything while it runs and clients are connected."""
        import redis

        redis.Redis(port=self.server.port).flushall()

    def messages_in(self, queue: str) -> int:
        import redis

        return int(redis.Redis(port=self.server.port, db=1).llen(queue))

    def end(self) -> None:
        """Do nothing: the world stops the server."""


class RabbitBroker:
    """A virtual host on a node that these tests may kill."""

    def __init__(self) -> None:
        from engines import rabbitmq
        from engines.place import Place

        self.rabbitmq, self.place = rabbitmq, Place(Path(os.environ["SOUK_ENGINES_HOME"]))
        self.user = f"probe-{uuid4().hex[:8]}"
        self.killed = False
        self.url = f"amqp://{self.user}:probe@127.0.0.1:{self.place.port('rabbitmq')}/{self.user}"
        self.ctl("add_user", self.user, "probe")
        self._open()

    def kill(self) -> None:
        self.rabbitmq.daemon(self.place).kill()
        self.killed = True

    def start(self) -> None:
        self.rabbitmq.start(self.place)
        self.killed = False
        if self.user not in self.ctl("list_users", "--silent"):
            self.ctl("add_user", self.user, "probe")
            self._open()

    def lose_everything(self) -> None:
        """Delete all data of the killed broker."""
        shutil.rmtree(self.place.engine("rabbitmq") / "data")

    def forget(self) -> None:
        self.ctl("delete_vhost", self.user)
        self._open()

    def messages_in(self, queue: str) -> int:
        try:
            with Connection(self.url) as connection:
                return int(connection.channel().queue_declare(queue, passive=True).message_count)
        except amqp.NotFound:
            return 0

    def delete(self, queue: str) -> None:
        with Connection(self.url) as connection:
            connection.channel().queue_delete(queue)

    def end(self) -> None:
        if self.killed:  # the node is shared with the tests that follow
            self.start()
        self.ctl("delete_vhost", self.user)
        self.ctl("delete_user", self.user)

    def ctl(self, *arguments: str) -> str:
        return self.rabbitmq.ctl(self.place, *arguments)

    def _open(self) -> None:
        """Create the virtual host, with the exchanges and the permissions of a service."""
        made = {
            "vhosts": [{"name": self.user}],
            "permissions": [self.rabbitmq.rights("(probe|mails|counts)", self.user, user=self.user)],
            "exchanges": self.rabbitmq.exchanges(self.user),
        }
        definitions = self.place.engine("rabbitmq") / f"{self.user}.json"
        definitions.write_text(json.dumps(made))
        self.ctl("import_definitions", str(definitions))
