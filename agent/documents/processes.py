"""Shares parts of a large capture out among processes, and puts together what they observed. Used by `agent.documents.parallel`, which decides when."""

import signal
from collections.abc import Iterable, Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait

import msgspec

from agent.spec.merge import merge
from agent.spec.model import Exchange
from agent.spec.observe import observe_all
from agent.spec.summary import Summary, dump, load


def share_out(parts: Iterable[list[Exchange]], processes: int) -> Summary:
    """A part for each process that says it is free. Raises ChildProcessError where the system ended a process."""
    context, encoder = get_context("spawn"), msgspec.msgpack.Encoder()
    pipes = [context.Pipe() for _ in range(processes)]
    children = [context.Process(target=_observe_parts, args=(theirs,), daemon=True) for _, theirs in pipes]
    ours = [mine for mine, _ in pipes]
    try:
        for child, (_, theirs) in zip(children, pipes, strict=True):
            child.start()
            theirs.close()
        for part in parts:
            message = encoder.encode(part)
            ready = wait(ours)
            free = next(connection for connection in ours if connection in ready)
            free.recv_bytes()
            free.send_bytes(message)
        return merge(*[_last_word(connection) for connection in ours])
    except (EOFError, ConnectionError) as error:
        raise ChildProcessError("One of the processes that observed the calls was ended by the system.") from error
    finally:
        for connection in ours:
            connection.close()
        for child in children:
            child.join()


def _last_word(connection: Connection) -> Summary:
    """What a process has observed, once it knows that nothing more comes."""
    connection.recv_bytes()
    connection.send_bytes(b"")
    return load(connection.recv_bytes())


def _observe_parts(connection: Connection) -> None:
    """What each of the processes runs. It ends quietly when the one that started it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        connection.send_bytes(dump(observe_all(_received(connection))))
    except (EOFError, ConnectionError):
        return


def _received(connection: Connection) -> Iterator[Exchange]:
    decoder = msgspec.msgpack.Decoder(list[Exchange])
    while True:
        connection.send_bytes(b"free")
        if not (message := connection.recv_bytes()):
            return
        yield from decoder.decode(message)
