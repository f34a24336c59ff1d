"""Explores in parts on the workers of a Dask cluster and puts together what they found.

    python explore.py --parts 16 race.ron --strategy pct --runs 1000000
    python explore.py --parts 16 --scheduler tcp://host:8786 race.ron

Without --scheduler a cluster of this machine's cores is started for the time it takes. On several hosts:

    dask scheduler --host HOST --port 8786 --no-dashboard          on one
    dask worker tcp://HOST:8786 --nthreads 1 --no-dashboard        on each, once a core

`wspsim` and the scenario files must be on every host, at the same paths. Results travel through Dask: no shared disk is
needed. A part whose worker dies is given to another one. The exit status is that of `wspsim merge`.

Needs `pip install dask distributed`.
"""

import argparse
import os
import subprocess
import sys
import tempfile

from dask.distributed import Client, LocalCluster, as_completed, get_worker

# Of `wspsim explore`: holds, violated, stuck, out of budget. Whatever else it says, there is no result.
RESULTS = (0, 1, 3, 4)


def explore(exe, arguments, part):
    """One part, on a worker: who did it, and the text of its result file."""
    with tempfile.TemporaryDirectory() as folder:
        result = os.path.join(folder, "result.json")
        command = [exe, "explore", *arguments, "--shard", part, "--result", result, "--save", folder]
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode not in RESULTS:
            raise RuntimeError(f"part {part} ends with {done.returncode}: {done.stderr}")
        with open(result, encoding="utf-8") as file:
            return str(get_worker().name), file.read()


def cluster(scheduler):
    if scheduler:
        return Client(scheduler)
    return Client(LocalCluster(threads_per_worker=1, dashboard_address=None, host="127.0.0.1"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", type=int, required=True, help="how many parts: a few for each worker")
    parser.add_argument("--scheduler", help="address of a Dask scheduler")
    parser.add_argument("--exe", default="wspsim", help="the executable, as the workers find it")
    parser.add_argument("--result", help="where the whole result is written")
    parser.add_argument("--format", default="human", choices=["human", "json"])
    options, arguments = parser.parse_known_args()

    parts = [f"{number}/{options.parts}" for number in range(1, options.parts + 1)]
    with cluster(options.scheduler) as client, tempfile.TemporaryDirectory() as folder:
        futures = {client.submit(explore, options.exe, arguments, part, retries=2, pure=False): part for part in parts}
        files = []
        for future, (worker, text) in as_completed(list(futures), with_results=True):
            files.append(os.path.join(folder, f"{len(files)}.json"))
            with open(files[-1], "w", encoding="utf-8") as file:
                file.write(text)
            print(f"part {futures[future]} by {worker}", file=sys.stderr, flush=True)
        merge = [options.exe, "merge", *files, "--format", options.format]
        if options.result:
            merge += ["--result", options.result]
        return subprocess.run(merge).returncode


if __name__ == "__main__":
    sys.exit(main())
