#!/usr/bin/env python3
"""Images per second through test pipelines: MMDetection's DataLoader and detforge's loader, in turns, on the same photos.

    PYTHONPATH=…/mmcv:…/mmdetection bench/data/compare_loader.py PHOTOS --workers 2 --rounds 3

Needs torch, opencv and a MMDetection 2.x that can be imported. PHOTOS is $DETFORGE_DATA/coco_tiny/val2017.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import time

import torch
from mmdet.datasets.pipelines import Compose

HEAD = dict(type='LoadImageFromFile')
NORMALIZE = dict(type='Normalize', mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], to_rgb=True)
SIZES = {
    'load_1333x800': ((1333, 800), [NORMALIZE, dict(type='Pad', size_divisor=32), dict(type='ImageToTensor', keys=['img'])]),
    'load_416': ((416, 416), [dict(type='Pad', pad_to_square=True, pad_val=dict(img=(114.0, 114.0, 114.0))), dict(type='DefaultFormatBundle')]),
}


class Photos(torch.utils.data.Dataset):
    def __init__(self, folder, name, repeat):
        size, middle = SIZES[name]
        transforms = [dict(type='Resize', keep_ratio=True), dict(type='RandomFlip'), *middle, dict(type='Collect', keys=['img'])]
        self.run = Compose([HEAD, dict(type='MultiScaleFlipAug', img_scale=size, flip=False, transforms=transforms)])
        self.files = sorted(os.listdir(folder)) * repeat
        self.folder = folder

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        return self.run(dict(img_info=dict(filename=self.files[index]), img_prefix=self.folder))


def python_rate(folder, name, workers):
    dataset = Photos(folder, name, 3)
    loader = iter(torch.utils.data.DataLoader(dataset, batch_size=1, num_workers=workers, collate_fn=lambda batch: batch[0]))
    for _ in range(2 * workers + 2):  # workers have started, and what they made ahead is used up
        next(loader)
    start, count = time.perf_counter(), 0
    for _ in loader:
        count += 1
    return count / (time.perf_counter() - start)


def our_rate(program, folder, name, workers):
    """Of several passes over the photos, so that the start of the threads weighs as little as that of Python's workers."""
    environment = dict(os.environ, DETFORGE_DATA=str(pathlib.Path(folder).resolve().parent.parent))
    text = subprocess.run([program, f'--benchmark_filter={name}/{workers}/', '--benchmark_min_time=3', '--benchmark_format=json'], env=environment, check=True,
                          capture_output=True, text=True).stdout
    return json.loads(text)['benchmarks'][0]['items_per_second']


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('photos')
    parser.add_argument('--workers', type=int, default=2)
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--program', default='build/release/bench/data_loader_bench')
    arguments = parser.parse_args()
    for name in SIZES:
        python, ours = [], []
        for _ in range(arguments.rounds):
            python.append(python_rate(arguments.photos, name, arguments.workers))
            ours.append(our_rate(arguments.program, arguments.photos, name, arguments.workers))
        print(json.dumps(dict(pipeline=name, workers=arguments.workers, mmdet_images_per_second=round(statistics.median(python), 1),
                              detforge_images_per_second=round(statistics.median(ours), 1),
                              ratio=round(statistics.median(ours) / statistics.median(python), 2))))


if __name__ == '__main__':
    main()
