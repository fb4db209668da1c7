"""`make chaos`: publishers raced against each other and killed at random moments, with readers looking on.

Everything runs on loopback: a real S3 server (seaweedfs) for the lake, moto's for Glue. A reader must meet one whole
run at any moment (else: a mixture), and whatever was reported as published must be there (else: a loss).
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow.fs

from benchmarks import chaos_runs
from benchmarks.chaos_calls import cases, run_over_faulty_calls
from benchmarks.chaos_flips import flip_bits
from benchmarks.chaos_runs import Place, Task, day_of, number_of
from collector.catalog.sync import sync_catalog
from collector.lake.layout import evidence_key, record_key, run_key, snapshot_folder
from collector.lake.local_store import open_store
from collector.lake.record import read_record
from collector.lake.verify import verify
from collector.lake.verify.tables import DifferenceKind
from tests.fixtures.examples import ORGANIZATION, run_id_of
from tests.fixtures.faulty_wire import Fault, faulty_wire
from tests.fixtures.s3_servers import S3Server, weed_server

RACES = KILLS = 200
SPOILED_RUNS = 40
FLIPS = 1000
# It ends by itself: what is not done by then is left out, and the exit code says so.
LONGEST_SECONDS = 21 * 60
_PATIENCE_SECONDS = 60
_RACES_OF_A_LAKE = 25
_KILLS_OF_A_WINDOW = 20
# Readers look this often at most: there are two cores, and publishers need some of them.
_SECONDS_BETWEEN_LOOKS = 0.03
_PROCESSES = multiprocessing.get_context("forkserver")
# Imported once, and not by each of the processes that are killed.
_PROCESSES.set_forkserver_preload(["benchmarks.chaos_runs"])


@dataclass
class Outcome:
    """What came of one kind of chaos."""

    what: str
    wanted: int
    done: int = 0
    looks: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    mixtures: list[str] = field(default_factory=list)
    losses: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        """Whether all was done, and no reader met anything but whole snapshots that were reported."""
        return self.done == self.wanted and not self.mixtures and not self.losses

    def add(self, other: Outcome) -> None:
        """Take in more of the same."""
        self.done += other.done
        self.looks += other.looks
        self.counts += other.counts
        self.mixtures += other.mixtures
        self.losses += other.losses
        self.seconds += other.seconds

    def __str__(self) -> str:
        """Everything that is to be reported, over a few lines."""
        counts = ", ".join(f"{name} {count}" for name, count in sorted(self.counts.items()))
        lines = [
            f"{self.what}: {self.done} of {self.wanted} in {self.seconds:.0f} s",
            f"  {counts}",
            f"  looks by readers {self.looks}, mixtures {len(self.mixtures)}, losses {len(self.losses)}",
            *(f"  ! {fault}" for fault in (self.mixtures + self.losses)[:20]),
        ]
        return "\n".join(lines)


class Onlookers:
    """Two readers that never rest: one by the record, one by Glue's pointer and pyarrow alone."""

    def __init__(self, place: Place, outcome: Outcome) -> None:
        self.at_least = -1
        self._place = place
        self._outcome = outcome
        self._stop = threading.Event()
        readers = [self._by_record, *([self._by_glue] if place.database else [])]
        self._threads = [threading.Thread(target=self._look, args=[reader]) for reader in readers]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _look(self, reader) -> None:
        try:
            reader()
        except Exception as error:  # noqa: BLE001  # a reader who cannot read has met a loss
            self._outcome.losses.append(f"a reader failed: {error!r}")

    def _by_record(self) -> None:
        store = open_store(self._place.lake)
        while not self._stop.wait(_SECONDS_BETWEEN_LOOKS):
            floor = self.at_least
            self._note(chaos_runs.read_by_record(store), floor)

    def _by_glue(self) -> None:
        glue, filesystem = glue_of(self._place), filesystem_of(self._place)
        while not self._stop.wait(_SECONDS_BETWEEN_LOOKS):
            # Glue follows the record, so a publisher that dies between the two leaves it one run behind.
            self._note(chaos_runs.read_by_glue(glue, self._place.database, filesystem), -1)

    def _note(self, found, floor: int) -> None:
        if found is None:
            return
        run_id, faults = found
        self._outcome.looks += 1
        self._outcome.mixtures += faults
        if number_of(run_id) < floor:
            self._outcome.losses.append(f"{run_id} was met after run {floor} was reported as published")


def glue_of(place: Place):
    """A client of Glue."""
    return S3Server(place.environment["AWS_ENDPOINT_URL_GLUE"]).client("glue", attempts=5)


def filesystem_of(place: Place):
    """pyarrow's filesystem, set up by hand as a stranger would."""
    return pyarrow.fs.S3FileSystem(
        endpoint_override=urlsplit(place.environment["AWS_ENDPOINT_URL_S3"]).netloc,
        scheme="http",
        access_key=place.environment["AWS_ACCESS_KEY_ID"],
        secret_key=place.environment["AWS_SECRET_ACCESS_KEY"],
        region="us-east-1",
    )


@contextlib.contextmanager
def racers(place: Place, count: int):
    """Processes that publish at a word, by the connections to them."""
    pairs = [_PROCESSES.Pipe() for _ in range(count)]
    processes = [_PROCESSES.Process(target=chaos_runs.race, args=[theirs, place]) for _, theirs in pairs]
    for process in processes:
        process.start()
    try:
        yield [ours for ours, _ in pairs]
    finally:
        for (ours, _), process in zip(pairs, processes, strict=True):
            with contextlib.suppress(OSError):
                ours.send(None)
            process.join(_PATIENCE_SECONDS)
            process.kill()


def races(place: Place, count: int, *, until: float) -> Outcome:
    """Two publishers at once: for the same day, for the same day with a worse run, and for two days."""
    outcome = Outcome("races of two publishers", count)
    begun = time.monotonic()
    store = open_store(place.lake)
    expected: dict[str, set[int]] = {}
    with Onlookers(place, outcome), racers(place, 2) as (one, other):
        while outcome.done < count and time.monotonic() < until:
            first = 2 * outcome.done + 1
            days = [day_of(first), day_of(first + (outcome.done % 3 == 2))]
            worse = 2 if outcome.done % 3 == 1 else 3
            tasks = [Task(days[0], first, worse), Task(days[1], first + 1)]
            reported = _raced((one, other), tasks)
            outcome.counts.update(what.partition(":")[0] for what, _ in reported)
            outcome.counts["records that were another's first"] += sum(conflicts for _, conflicts in reported)
            outcome.losses += [what for what, _ in reported if what.startswith("failed")]
            if days[0] != days[1]:
                expected |= {days[0]: {first}, days[1]: {first + 1}}
            else:
                # The better run stands, whichever came first; of two as good, the later.
                expected[days[0]] = {first + 1} if worse < len(chaos_runs.ACCOUNTS) else {first, first + 1}
            record = read_record(store, ORGANIZATION).record
            found = {day: number_of(snapshot.run_id) for day, snapshot in record.snapshots.items()}
            for day, runs in list(expected.items()):
                if found.get(day) not in runs:
                    outcome.losses.append(f"{day}: run {found.get(day)} stands, and one of {sorted(runs)} should")
                    del expected[day]
            outcome.done += 1
    _settle(place, outcome)
    outcome.seconds = time.monotonic() - begun
    return outcome


def races_in_lakes(new_place, count: int, *, until: float) -> Outcome:
    """Races in one lake after another: with each race a record has more days, and moto lists them slowly."""
    outcome = Outcome("races of two publishers", count)
    while outcome.done < count and time.monotonic() < until:
        outcome.add(races(new_place(), min(_RACES_OF_A_LAKE, count - outcome.done), until=until))
    return outcome


def _raced(connections, tasks: list[Task]) -> list[tuple[str, int]]:
    for connection, task in zip(connections, tasks, strict=True):
        connection.send(task)
    reported = [_received(connection) for connection in connections]
    ready = [connection for connection, word in zip(connections, reported, strict=True) if word == "ready"]
    for connection in ready:
        connection.send("go")
    return [
        _received(connection) if word == "ready" else word
        for connection, word in zip(connections, reported, strict=True)
    ]


def _received(connection):
    assert connection.poll(_PATIENCE_SECONDS), "a publisher does not answer"
    return connection.recv()


class Publisher:
    """A process that publishes run after run once it is started, and does not expect to be killed."""

    def __init__(self, place: Place) -> None:
        self._connection, theirs = _PROCESSES.Pipe()
        self._process = _PROCESSES.Process(target=chaos_runs.publish_for_ever, args=[theirs, place])
        self._process.start()
        theirs.close()

    def start(self, day: str, first: int) -> None:
        """Let it begin with the run of that number, as soon as it is ready."""
        _received(self._connection)
        self._connection.send((day, first))

    def reported_until(self, end: float):
        """The numbers of the runs that it reports as published, as it reports them."""
        while (left := end - time.monotonic()) > 0:
            if self._connection.poll(left):
                yield self._connection.recv()

    def kill(self) -> list[int]:
        """Kill it (`kill -9`); the numbers that it had reported and nobody had received yet."""
        self._process.kill()
        self._process.join()
        received = []
        with contextlib.suppress(EOFError, ConnectionResetError):
            while True:
                received.append(self._connection.recv())
        return received


def kills(place: Place, count: int, *, until: float) -> Outcome:
    """A publisher of run after run is killed within the time of its first three; the next one takes over."""
    outcome = Outcome("kills (kill -9) of a publisher", count)
    begun = time.monotonic()
    store = open_store(place.lake)
    chance = random.Random(2026)  # noqa: S311  # moments, not secrets
    window = 0.0
    successor = Publisher(place)
    with Onlookers(place, outcome) as onlookers:
        while outcome.done < count and time.monotonic() < until:
            day, first = day_of(outcome.done // 10), (outcome.done + 1) * 1000
            if outcome.done % _KILLS_OF_A_WINDOW == 0:
                window = _seconds_of_runs(place, day, first - 100)
            publisher, successor = successor, Publisher(place)
            publisher.start(day, first)
            reported = []
            for number in publisher.reported_until(time.monotonic() + chance.uniform(0, window)):
                reported.append(number)
                onlookers.at_least = number
            reported += publisher.kill()
            onlookers.at_least = max([onlookers.at_least, *reported])
            outcome.counts["runs reported as published"] += len(reported)
            _note_kill(store, outcome, day, first, reported)
            outcome.done += 1
    successor.kill()
    _settle(place, outcome)
    outcome.seconds = time.monotonic() - begun
    return outcome


def _seconds_of_runs(place: Place, day: str, first: int) -> float:
    """How long a publisher takes for its first three runs, at the pace that the machine has now."""
    publisher = Publisher(place)
    publisher.start(day, first)
    begun = time.monotonic()
    reported = publisher.reported_until(begun + _PATIENCE_SECONDS)
    for _ in range(3):
        next(reported)
    publisher.kill()
    return time.monotonic() - begun


def _note_kill(store, outcome: Outcome, day: str, first: int, reported: list[int]) -> None:
    """Count at which step the run died that was no longer reported, and look whether the last reported one is there."""
    last_reported = reported[-1] if reported else first - 1
    snapshot = read_record(store, ORGANIZATION).record
    found = number_of(snapshot.newest.run_id) if snapshot else -1
    died = run_id_of(day, last_reported + 1)
    if found > last_reported:
        step = "after the record"
    elif store.size(run_key(ORGANIZATION, died)) is not None:
        tables = store.names(snapshot_folder(ORGANIZATION, day, died))
        step = "before the record" if "accounts.parquet" in tables else "while writing tables"
    elif store.size(evidence_key(ORGANIZATION, died)) is not None or store.names(f"raw/{ORGANIZATION}/{died}"):
        step = "while writing raw"
    else:
        step = "before its first file"
    outcome.counts[f"died {step}"] += 1
    if reported and found < last_reported:
        outcome.losses.append(f"run {last_reported} of {day} was reported as published, and {found} stands")


def spoiled_runs(place: Place, wire, count: int, *, until: float) -> Outcome:
    """Runs over a wire that throttles, fails, cuts and alters one request in eight."""
    outcome = Outcome("runs over a bad wire", count)
    begun = time.monotonic()
    store = open_store(place.lake)
    chance = random.Random(2026)  # noqa: S311  # whims, not secrets
    writing = [Fault.SLOW_DOWN, Fault.INTERNAL_ERROR, Fault.CONFLICT, Fault.CUT_UPLOAD]
    writing += [Fault.LOST_ANSWER, Fault.ERROR_AFTER_ALL]
    reading = [Fault.INTERNAL_ERROR, Fault.CUT_ANSWER, Fault.FLIPPED_BIT]

    def whim(method: str, path: str) -> Fault | None:
        faults = (
            writing if method == "PUT" and "?" not in path else reading if method == "GET" and "?" not in path else []
        )
        if not faults or chance.random() > 1 / 8:
            return None
        fault = chance.choice(faults)
        outcome.counts[f"fault {fault.name.lower()}"] += 1
        return fault

    wire.whim = whim
    spoiled = replace(place, environment={**place.environment, "AWS_ENDPOINT_URL_S3": wire.url})
    with Onlookers(place, outcome) as onlookers, racers(spoiled, 1) as (one,):
        while outcome.done < count and time.monotonic() < until:
            number = outcome.done + 1
            ((what, _),) = _raced((one,), [Task(day_of(number // 10), number)])
            outcome.counts[f"runs {what.partition(':')[0]}"] += 1
            found = number_of(read_record(store, ORGANIZATION).record.newest.run_id)
            if what == "published":
                onlookers.at_least = number
            if what == "published" and found != number:
                outcome.losses.append(f"run {number} was reported as published, and {found} stands")
            outcome.done += 1
    wire.whim = None
    _settle(place, outcome)
    outcome.seconds = time.monotonic() - begun
    return outcome


def _settle(place: Place, outcome: Outcome) -> None:
    """In the end, the published tables match the raw zone, and Glue matches the record."""
    store = open_store(place.lake)
    with tempfile.TemporaryDirectory() as scratch:
        for difference in verify(store, Path(scratch)):
            # What was killed between its last table and the record is whole, and rightly reported.
            if difference.kind is DifferenceKind.RUN:
                outcome.counts["whole runs that died before the record"] += 1
            else:
                outcome.losses.append(f"verify: {difference}")
    record = read_record(store, ORGANIZATION).record
    outcome.counts["days in the record"] = len(record.snapshots)
    if place.database is None:
        return
    glue = glue_of(place)
    outcome.counts["partitions synced at the end"] = sync_catalog(
        store, ORGANIZATION, database=place.database, client=glue
    ).moved
    pages = glue.get_paginator("get_partitions").paginate(DatabaseName=place.database, TableName="snapshot_record")
    found = {p["Values"][1]: p["StorageDescriptor"]["Location"] for page in pages for p in page["Partitions"]}
    wanted = {day: f"{store.location(snapshot.folder)}/" for day, snapshot in record.snapshots.items()}
    if found != wanted:
        outcome.losses.append(f"Glue does not say what {store.location(record_key(ORGANIZATION))} does")


@contextlib.contextmanager
def moto_process():
    """moto's server in a process of its own, so that it does not slow the readers down."""
    program = (
        "import logging, sys; from moto.server import ThreadedMotoServer; logging.disable();"
        "s = ThreadedMotoServer(ip_address='127.0.0.1', port=0, verbose=False); s.start();"
        "print(s.get_host_and_port()[1], flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield S3Server(f"http://127.0.0.1:{int(process.stdout.readline())}")
        finally:
            process.kill()


def place_for(name: str, weed: S3Server, moto: S3Server) -> Place:
    """A lake and a Glue database, both empty."""
    name = f"{name}-{secrets.token_hex(4)}"
    weed.client().create_bucket(Bucket=name)
    environment = weed.environment()
    del environment["AWS_ENDPOINT_URL"]
    urls = {"AWS_ENDPOINT_URL_S3": weed.url, "AWS_ENDPOINT_URL_GLUE": moto.url}
    place = Place(f"s3://{name}/lake", name.replace("-", "_"), {**environment, **urls})
    os.environ.update(place.environment)
    sync_catalog(open_store(place.lake), ORGANIZATION, database=place.database)
    return place


def main() -> int:
    """Run everything, print the counts, and say by the exit code whether all is well."""
    until = time.monotonic() + LONGEST_SECONDS
    with weed_server() as weed, moto_process() as moto, faulty_wire(weed) as (wire, _):
        outcomes = []
        for outcome in (
            lambda: races_in_lakes(lambda: place_for("raced", weed, moto), RACES, until=until),
            lambda: kills(place_for("killed", weed, moto), KILLS, until=until),
            lambda: spoiled_runs(place_for("spoiled", weed, moto), wire, SPOILED_RUNS, until=until),
            lambda: run_over_faulty_calls(Outcome("runs over faulty calls", len(cases())), until=until),
            lambda: flip_bits(Outcome("bits flipped in a lake", FLIPS), FLIPS, until=until),
        ):
            outcomes.append(outcome())
            print(outcomes[-1], flush=True)
    mixtures, losses = (sum(len(getattr(o, name)) for o in outcomes) for name in ("mixtures", "losses"))
    print(f"in all: mixtures {mixtures}, losses {losses}")
    return 0 if all(outcome.is_good for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
