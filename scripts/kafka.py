"""A single-node Apache Kafka (KRaft) on a free port, for `make kafka` and the tests.

Where a Docker engine runs it is the compose file's service; else the same jars come from Maven into a cache and run
on Java 17 or newer. Needs the standard library only. Data lies in a folder of its own; its address in FOLDER/address.

    python scripts/kafka.py start [--folder .kafka] [--port 0]
    python scripts/kafka.py stop | address
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

VERSION = "4.1.1"
LOG4J = "2.24.3"
HEAP = "-Xmx512m"
ROOT = Path(__file__).resolve().parent.parent

POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>newsquake</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{VERSION}</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>{LOG4J}</version></dependency>
  </dependencies>
</project>
"""

PROPERTIES = """process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
num.partitions=1
auto.create.topics.enable=false
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
file.delete.delay.ms=1000
log.cleaner.dedupe.buffer.size=4194304
"""

LOGGING = """Configuration:
  status: ERROR
  Appenders:
    Console: {name: out, PatternLayout: {pattern: "%d %p %m (%c)%n"}}
  Loggers:
    Root: {level: WARN, AppenderRef: {ref: out}}
"""


class NoKafka(Exception):
    """No Kafka can be had here; the message says what lacks."""


def cache_folder() -> Path:
    """Where the jars are kept: $NEWSQUAKE_CACHE, else ~/.cache/newsquake."""
    named = os.environ.get("NEWSQUAKE_CACHE")
    base = (
        Path(named)
        if named
        else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "newsquake"
    )
    return base / f"kafka-{VERSION}"


def docker_runs() -> bool:
    """Whether a Docker engine answers (the client alone is no engine)."""
    if not shutil.which("docker"):
        return False
    done = subprocess.run(["docker", "info"], capture_output=True, timeout=30, check=False)
    return done.returncode == 0


def jars(say: bool = True) -> Path:
    """The folder with Kafka's jars, fetched once. Raises NoKafka."""
    libs = cache_folder() / "libs"
    if (libs / f"kafka_2.13-{VERSION}.jar").exists():
        return libs
    maven = shutil.which("mvn")
    if not maven:
        raise NoKafka("Apache Kafka needs Docker, or Maven (mvn) and Java 17+: install one of them")
    if say:
        print(
            f"fetching Apache Kafka {VERSION} through Maven, once (about 45 MB) ...",
            file=sys.stderr,
            flush=True,
        )
    cache_folder().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache_folder()) as name:
        work = Path(name)
        (work / "pom.xml").write_text(POM, encoding="utf-8")
        command = [maven, "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={work / 'libs'}"]
        done = subprocess.run(command, cwd=work, capture_output=True, text=True, timeout=900, check=False)
        if done.returncode:
            last = (done.stdout + done.stderr).strip().splitlines()[-1:]
            raise NoKafka(f"Maven could not fetch Apache Kafka: {' '.join(last)}")
        with contextlib.suppress(OSError):  # somebody else was faster
            (work / "libs").rename(libs)
    return libs


def java() -> str:
    """A Java of version 17 or newer. Raises NoKafka."""
    home = os.environ.get("JAVA_HOME")
    binary = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if not binary or not Path(binary).exists():
        raise NoKafka("Apache Kafka needs Docker, or Java 17+: no java found")
    text = subprocess.run([binary, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', text)
    if not found or int(found[1]) < 17:
        raise NoKafka(f"Apache Kafka needs Java 17+; {binary} is {found[1] if found else 'unknown'}")
    return binary


def free_port() -> int:
    """A port that nobody listens on at present."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class JavaKafka:
    """Kafka from jars, its data in `folder`. Started again in the same folder it has what it had.

    `extra`: further lines of server.properties, which outrank ours; `users`: further words for `StorageTool format`.
    """

    def __init__(self, folder: Path, port: int = 0, extra: str = "", users: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self._extra, self._users = extra, users
        self.port = port or free_port()
        self._controller = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """host:port."""
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Its process id."""
        if self._process is None:
            raise NoKafka("Kafka is not started")
        return self._process.pid

    def start(self, within_s: float = 90.0) -> str:
        """Start and wait until it answers. Raises NoKafka."""
        libs, binary = jars(), java()
        self.folder.mkdir(parents=True, exist_ok=True)
        data = self.folder / "data"
        properties = self.folder / "server.properties"
        properties.write_text(
            PROPERTIES.format(port=self.port, controller=self._controller, data=data)
            + self._extra.format(port=self.port, controller=self._controller),
            "utf-8",
        )
        logging = self.folder / "log4j2.yaml"
        logging.write_text(LOGGING, "utf-8")
        run = [
            binary, HEAP, "-Xms64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
            f"-Dlog4j2.configurationFile={logging}", "-cp", f"{libs}/*",
        ]  # fmt: skip
        log = self.folder / "kafka.log"
        with log.open("ab") as sink:
            if not (data / "meta.properties").exists():
                cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
                if cluster.startswith("-"):  # one in 64: taken for an option
                    cluster = "_" + cluster[1:]
                storage = [*run, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(properties)]
                storage += self._users
                if subprocess.run(storage, stdout=sink, stderr=sink, timeout=120, check=False).returncode:
                    raise NoKafka(f"Kafka could not format its folder: see {log}")
            self._process = subprocess.Popen(
                [*run, "kafka.Kafka", str(properties)],
                stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, start_new_session=True,
            )  # fmt: skip
        wait_for_port(
            self.port, within_s, lambda: self._process is not None and self._process.poll() is None, log
        )
        return self.address

    def stop(self) -> None:
        """End it in order, or else at once."""
        if self._process is not None:
            end(self._process.pid, self._process)
            self._process = None

    def kill(self) -> None:
        """kill -9."""
        os.kill(self.pid, signal.SIGKILL)
        if self._process is not None:
            self._process.wait()
            self._process = None


def wait_for_port(port: int, within_s: float, alive: object, log: Path) -> None:
    """Return once something listens. Raises NoKafka."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if callable(alive) and not alive():
            break
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise NoKafka(f"Kafka did not start within {within_s:.0f} s: see {log}")


def end(pid: int, process: subprocess.Popen[bytes] | None = None, within_s: float = 20.0) -> None:
    """SIGTERM, and SIGKILL when that did not help."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            if process is not None:
                if process.poll() is not None:
                    return
            else:
                os.kill(pid, 0)
            time.sleep(0.1)
        os.kill(pid, signal.SIGKILL)
        if process is not None:
            process.wait()


@contextlib.contextmanager
def compose(port: int) -> Iterator[list[str]]:
    """The beginning of a docker compose command for our file, with Kafka published on `port`."""
    # compose reads the whole file and insists on the password even where only Kafka is started
    wanted = {"KAFKA_PORT": str(port), "POSTGRES_PASSWORD": os.environ.get("POSTGRES_PASSWORD") or "unused"}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield ["docker", "compose", "-f", str(ROOT / "docker-compose.yml")]
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def start(folder: Path, port: int) -> str:
    """`make kafka`: start it and leave it running. Raises NoKafka."""
    address, pid = folder / "address", folder / "pid"
    if address.exists() and pid.exists():
        text = pid.read_text().strip()
        if text == "docker" or _alive(int(text)):
            return f"{address.read_text().strip()} (it ran already)"
    folder.mkdir(parents=True, exist_ok=True)
    if docker_runs():
        chosen = port or free_port()
        with compose(chosen) as command:
            done = subprocess.run([*command, "up", "-d", "--wait", "kafka"], check=False)
        if done.returncode:
            raise NoKafka("docker compose could not start the service kafka")
        where, who = f"127.0.0.1:{chosen}", "docker"
    else:
        kafka = JavaKafka(folder, port)
        where = kafka.start()
        who = str(kafka.pid)
    address.write_text(where + "\n")
    pid.write_text(who + "\n")
    return where


def stop(folder: Path) -> bool:
    """`make kafka-stop`. Returns whether anything ran."""
    pid = folder / "pid"
    if not pid.exists():
        return False
    who = pid.read_text().strip()
    if who == "docker":
        with compose(int((folder / "address").read_text().rsplit(":", 1)[1])) as command:
            subprocess.run([*command, "rm", "-sf", "kafka"], check=False)
    else:
        end(int(who))
    pid.unlink()
    (folder / "address").unlink(missing_ok=True)
    return True


def main() -> int:
    """The command line: 0 done, 1 failed."""
    parser = argparse.ArgumentParser(description="A single-node Apache Kafka for development and tests.")
    parser.add_argument("what", choices=("start", "stop", "address"))
    parser.add_argument("--folder", type=Path, default=ROOT / ".kafka", help="where its data lies")
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    options = parser.parse_args()
    folder = options.folder.resolve()
    try:
        if options.what == "start":
            print(f"Apache Kafka: {start(folder, options.port)}")
        elif options.what == "stop":
            print("stopped" if stop(folder) else "nothing to stop")
        else:
            print((folder / "address").read_text().strip())
    except FileNotFoundError:
        print("no Kafka runs: make kafka", file=sys.stderr)
        return 1
    except NoKafka as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
