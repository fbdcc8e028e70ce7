#!/usr/bin/env python3
"""Times the kernels of NMS and RoIAlign against an installed torchvision on the same inputs, interleaved, and holds their results equal.

    bench/ops/compare.py [--bench build/release/bench] [--repeat 5]

Needs a Python with torch, torchvision and numpy (Debian: python3-torchvision). Prints JSON: medians in milliseconds and how many times as fast.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

import numpy
import torch
import torchvision


def uniform(positions):
    with numpy.errstate(over="ignore"):
        z = positions.astype(numpy.uint64) + numpy.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        return ((z ^ (z >> numpy.uint64(31))) >> numpy.uint64(11)).astype(numpy.float64) * 2.0**-53


def boxes_and_scores(count):
    u = uniform(numpy.arange(5 * count)).reshape(count, 5)
    width, height = 16 + 224 * u[:, 0], 16 + 224 * u[:, 1]
    x, y = (1333 - width) * u[:, 2], (800 - height) * u[:, 3]
    boxes = numpy.stack([x, y, x + width, y + height], 1).astype(numpy.float32)
    return torch.from_numpy(boxes), torch.from_numpy(u[:, 4].astype(numpy.float32))


def milliseconds(work):
    start = time.perf_counter()
    result = work()
    return 1000 * (time.perf_counter() - start), result


class Peer:
    """torchvision's operators, under the names of our benchmarks."""

    def __init__(self):
        self.boxes, self.scores = boxes_and_scores(10000)
        spread = self.boxes.clone()
        spread[:, :2] *= 0.1
        spread[:, 2:] = spread[:, :2] + (self.boxes[:, 2:] - self.boxes[:, :2])
        self.crowded = spread
        regions = boxes_and_scores(1000)[0]
        self.rois = torch.cat([torch.zeros(1000, 1), regions], 1)
        self.map = torch.from_numpy(uniform(numpy.arange(256 * 200 * 336)).astype(numpy.float32)).view(1, 256, 200, 336)

    def nms(self, boxes):
        spent, kept = milliseconds(lambda: torchvision.ops.nms(boxes, self.scores, 0.5))
        return spent, len(kept)

    def align(self, image, samples):
        return torchvision.ops.roi_align(image, self.rois, 7, 0.25, samples if samples else -1, True)

    def run(self, name):
        kind, _, rest = name.partition("/")
        if kind == "nms_of_boxes":
            return self.nms(self.boxes if rest.startswith("all_over") else self.crowded)
        samples, threads = (int(part.split(":")[1]) for part in rest.split("/")[:2])
        torch.set_num_threads(threads)
        if kind == "forward":
            spent, output = milliseconds(lambda: self.align(self.map, samples))
            return spent, output.sum(dtype=torch.float64).item()
        image = self.map.clone().requires_grad_()
        output = self.align(image, samples)
        gradient = torch.ones_like(output)
        spent, _ = milliseconds(lambda: output.backward(gradient))
        return spent, image.grad.sum(dtype=torch.float64).item()


def ours(bench):
    """One repetition of both programs: milliseconds and result of each benchmark."""
    measured = {}
    for program in ["ops_nms_bench", "ops_roi_align_bench"]:
        command = [os.path.join(bench, program), "--benchmark_format=json", "--benchmark_min_time=0.2"]
        report = json.loads(subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout)
        for entry in report["benchmarks"]:
            measured[entry["name"]] = entry["real_time"], entry.get("kept", entry.get("sum"))
    return measured


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", default="build/release/bench")
    parser.add_argument("--repeat", type=int, default=5)
    args = parser.parse_args()
    peer = Peer()
    times = {}
    for _ in range(args.repeat):
        for name, (spent, result) in ours(args.bench).items():
            peer_spent, peer_result = min(peer.run(name) for _ in range(3))
            if abs(result - peer_result) > 1e-5 * abs(peer_result):
                sys.exit(f"{name}: different results, {result} and {peer_result}")
            times.setdefault(name, ([], []))
            times[name][0].append(spent)
            times[name][1].append(peer_spent)
    report = {"torch": torch.__version__, "torchvision": torchvision.__version__, "cores": os.cpu_count(), "repeat": args.repeat}
    report["benchmarks"] = {
        name: {
            "ours_ms": round(statistics.median(mine), 2),
            "torchvision_ms": round(statistics.median(theirs), 2),
            "times_as_fast": round(statistics.median(t / m for m, t in zip(mine, theirs)), 2),
        }
        for name, (mine, theirs) in times.items()
    }
    json.dump(report, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
