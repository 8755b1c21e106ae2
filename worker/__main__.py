"""``python -m worker --machine NAME --store DIR``: run this machine's worker until SIGTERM or Ctrl-C."""

import argparse
import logging
import signal
import sys
import time
from pathlib import Path
from threading import Event

from storage import machines
from storage.core import Damaged, NotFound, Refused, StoreError, acting, acting_as, open_store
from worker.agent import Agent

PASS_S = 0.25  # a start is claimed within a second
RETRY_S = 5.0  # four errors a second would bury the log


def main() -> int:
    """Register the machine, take its lock and pass until told to stop; 0 after a clean stop, 2 if refused."""
    parser = argparse.ArgumentParser(prog="python -m worker", description="Run the worker of one machine.")
    parser.add_argument("--machine", required=True, help="name of the machine, unique in the store")
    parser.add_argument("--store", required=True, type=Path, help="the shared directory")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s worker %(levelname)s %(message)s")
    stop = Event()
    # A handler only sets the flag: no pass is cut off between two files that belong together.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        store = open_store(options.store)
        with acting_as("worker"):  # which one, only its machine's entry tells
            machine = machines.register(store, options.machine)
        acting.set(f"worker:{machine.id}")
        # Before the `finally` below: a worker refused here would sign off a machine that another one holds.
        agent = Agent(store, machine)
    except StoreError as error:
        print(error, file=sys.stderr)
        return 2
    logging.info("Machine %s works for the store %s", options.machine, store.root)
    try:
        _pass_until(stop, agent)
    except Refused as error:
        # The lock is lost, so another host may work for this machine: not one pass more.
        print(error, file=sys.stderr)
        return 2
    finally:
        agent.shut_down()
    return 0


def _pass_until(stop: Event, agent: Agent) -> None:
    while not stop.is_set():
        try:
            agent.step(time.monotonic())
            stop.wait(PASS_S)
        except (OSError, Damaged, NotFound) as error:
            # A full disk or a damaged file ends a pass, not the worker: nothing was half-written, so it tries again.
            logging.error("%s; trying again", error)
            stop.wait(RETRY_S)


if __name__ == "__main__":
    raise SystemExit(main())
