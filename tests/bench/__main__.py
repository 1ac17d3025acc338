"""`make bench`: runs each benchmark and prints one JSON line per figure. Figures of a shared machine vary; compare within a run."""

import json

from tests.bench import agent, discovery, discovery_peers, latency, outage, proxy, storage, streams

BENCHMARKS = (discovery_peers.figures, discovery.figures, proxy.figures, streams.figures, storage.figures, outage.figures, agent.figures, latency.figures)


def main() -> None:
    for figures in BENCHMARKS:
        for name, value, unit in figures():
            print(json.dumps({"figure": name, "value": round(value, 3), "unit": unit}), flush=True)


if __name__ == "__main__":
    main()
