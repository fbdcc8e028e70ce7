#!/usr/bin/env python3
"""Writes a COCO problem of the size of val2017: 5,000 images, 36,000 ground truths, 500,000 detections, 80 categories.

    bench/eval/generate.py FOLDER [--images 5000] [--truths 36000] [--detections 500000] [--seed 0]

gives FOLDER/annotations.json and FOLDER/results.json, the same bytes for the same arguments. Categories are as unequal as COCO's, a third of
the detections is near a ground truth, the others lie anywhere with a low score; scores have the precision of float32.
"""

import argparse
import json
import os
import random
import struct

CATEGORIES = 80


def float32(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def box(rng, width, height):
    w = min(width * 0.9, 8 + rng.expovariate(1 / 90))
    h = min(height * 0.9, 8 + rng.expovariate(1 / 90))
    return [round(rng.uniform(0, width - w), 2), round(rng.uniform(0, height - h), 2), round(w, 2), round(h, 2)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--images", type=int, default=5000)
    parser.add_argument("--truths", type=int, default=36000)
    parser.add_argument("--detections", type=int, default=500000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    os.makedirs(args.folder, exist_ok=True)
    weights = [1 / (rank + 3) for rank in range(CATEGORIES)]

    images = [{"id": 139 + 7 * i, "width": 640, "height": 480, "file_name": f"{i:012}.jpg"} for i in range(args.images)]
    annotations = []
    by_image = [[] for _ in images]
    for i in range(args.truths):
        image = rng.randrange(args.images)
        category = rng.choices(range(CATEGORIES), weights)[0] + 1
        b = box(rng, 640, 480)
        crowd = int(rng.random() < 0.01)
        annotations.append({"id": i + 1, "image_id": images[image]["id"], "category_id": category, "bbox": b,
                            "area": b[2] * b[3] * rng.uniform(0.4, 1), "iscrowd": crowd})
        by_image[image].append(annotations[-1])

    results = []
    for i in range(args.detections):
        image = i * args.images // args.detections
        if by_image[image] and rng.random() < 0.33:
            truth = rng.choice(by_image[image])
            x, y, w, h = truth["bbox"]
            shift = abs(rng.gauss(0, 0.12))
            b = [x + w * rng.gauss(0, shift), y + h * rng.gauss(0, shift), w * (1 + rng.gauss(0, shift)), h * (1 + rng.gauss(0, shift))]
            b[2], b[3] = max(b[2], 1), max(b[3], 1)
            category, score = truth["category_id"], max(0.01, min(0.999, 1 - 2 * shift + rng.gauss(0, 0.1)))
        else:
            b, category, score = box(rng, 640, 480), rng.randrange(CATEGORIES) + 1, min(0.9, 0.01 + rng.expovariate(12))
        results.append({"image_id": images[image]["id"], "category_id": category, "bbox": [float32(v) for v in b], "score": float32(score)})

    categories = [{"id": k + 1, "name": f"category {k + 1}"} for k in range(CATEGORIES)]
    with open(os.path.join(args.folder, "annotations.json"), "w") as out:
        json.dump({"images": images, "categories": categories, "annotations": annotations}, out)
    with open(os.path.join(args.folder, "results.json"), "w") as out:
        json.dump(results, out)


if __name__ == "__main__":
    main()
