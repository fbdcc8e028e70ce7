#!/usr/bin/env python3
"""Times `detforge eval coco` against an installed pycocotools on the same files, interleaved, and holds their twelve numbers equal.

    bench/eval/compare.py FOLDER --pycocotools SITE_PACKAGES [--detforge build/release/detforge] [--threads 1 2] [--repeat 3] [--type bbox]

FOLDER comes from generate.py; SITE_PACKAGES is the folder that holds `pycocotools/`. Prints JSON: medians in seconds of evaluation alone, reading
apart, peak memory in bytes, and how many times as fast. Without --pycocotools only detforge is measured.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile

PEER = """
import contextlib, io, json, resource, sys, time
annotations, results, kind = sys.argv[1:]
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
with contextlib.redirect_stdout(io.StringIO()):
    start = time.perf_counter()
    truth = COCO(annotations)
    found = truth.loadRes(results)
    loaded = time.perf_counter()
    evaluation = COCOeval(truth, found, 'bbox' if kind == 'proposal' else kind)
    if kind == 'proposal':
        evaluation.params.useCats, evaluation.params.maxDets = 0, [100, 300, 1000]
    evaluation.evaluate()
    matched = time.perf_counter()
    evaluation.accumulate()
    evaluation.summarize()
    done = time.perf_counter()
json.dump({'stats': list(evaluation.stats), 'load_seconds': loaded - start, 'evaluate_seconds': done - loaded, 'match_seconds': matched - loaded,
           'peak_memory_bytes': 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}, sys.stdout)
"""


def run_peer(args, annotations, results):
    environment = dict(os.environ, PYTHONPATH=args.pycocotools, OMP_NUM_THREADS="1")
    command = [sys.executable, "-c", PEER, annotations, results, args.type]
    return json.loads(subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout)


def run_detforge(args, annotations, results, threads):
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        command = [args.detforge, "eval", "coco", annotations, results, "--type", args.type, "--json", out.name, "--threads", str(threads)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        if status != 0:
            sys.exit("detforge failed")
        measured = json.load(open(out.name))
    measured["peak_memory_bytes"] = 1024 * usage.ru_maxrss
    return measured


def summary(runs):
    keys = [key for key in runs[0] if key.endswith("_seconds")]
    times = {key: statistics.median(run[key] for run in runs) for key in keys}
    spread = [min(run["evaluate_seconds"] for run in runs), max(run["evaluate_seconds"] for run in runs)]
    return {**times, "evaluate_seconds_range": spread, "peak_memory_bytes": max(run["peak_memory_bytes"] for run in runs)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--pycocotools")
    parser.add_argument("--detforge", default="build/release/detforge")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--type", choices=["bbox", "segm", "proposal"], default="bbox")
    args = parser.parse_args()
    annotations = os.path.join(args.folder, "annotations.json")
    results = os.path.join(args.folder, "results.json")

    peer, ours = [], {threads: [] for threads in args.threads}
    for _ in range(args.repeat):
        if args.pycocotools:
            peer.append(run_peer(args, annotations, results))
        for threads in args.threads:
            ours[threads].append(run_detforge(args, annotations, results, threads))
            if peer and ours[threads][-1]["stats"] != peer[-1]["stats"]:
                sys.exit(f"different numbers: {ours[threads][-1]['stats']} and {peer[-1]['stats']}")

    report = {"cpu": platform.processor() or platform.machine(), "cores": os.cpu_count(), "repeat": args.repeat, "detforge": {}}
    for threads, runs in ours.items():
        report["detforge"][f"{threads} threads"] = summary(runs)
    if peer:
        report["pycocotools"] = summary(peer)
        for measured in report["detforge"].values():
            measured["times_as_fast"] = report["pycocotools"]["evaluate_seconds"] / measured["evaluate_seconds"]
            measured["memory_ratio"] = measured["peak_memory_bytes"] / report["pycocotools"]["peak_memory_bytes"]
    json.dump(report, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
