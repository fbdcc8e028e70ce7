#!/usr/bin/env python3
"""Times `detforge benchmark` against an installed MMDetection 2 on the same weights and photo, in turns.

    bench/models/inference/compare.py --mmdet ROOT --image PHOTO [CONFIG...] [--detforge build/release/detforge] [--repeat 5] [--runs 3]

ROOT holds MMDetection's `configs/`; Python must find its packages (torch, torchvision, mmcv with its operators, mmdet). The weights are
random, from one seed, and both load the same file. Besides the config's own score threshold, which random heads hardly reach, each model
is measured at the one that 1,000 candidates pass, as many as a trained model has. Prints JSON: medians in milliseconds of the stages, of
the model (without `preprocess`) and of all, and the ratio of ours to Python's, the median over the turns.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

CONFIGS = ["retinanet/retinanet_r50_fpn_1x_coco.py", "faster_rcnn/faster_rcnn_r50_fpn_1x_coco.py", "mask_rcnn/mask_rcnn_r50_fpn_1x_coco.py"]
STAGES = {"backbone": "backbone_neck", "neck": "backbone_neck", "rpn_head": "heads", "bbox_head": "heads"}

PEER = r"""
import json, sys, time, warnings
warnings.filterwarnings('ignore')
import cv2, torch
from mmcv import Config
from mmcv.parallel import collate
from mmdet.datasets import replace_ImageToTensor
from mmdet.datasets.pipelines import Compose
from mmdet.models import build_detector

request = json.loads(sys.argv[1])
torch.set_num_threads(request['threads'])
config = Config.fromfile(request['config'])
config.merge_from_dict(request['options'])
config.model.backbone.init_cfg = None
torch.manual_seed(0)
model = build_detector(config.model).eval()
if request['make_weights']:
    model.init_weights()
    torch.save({'state_dict': model.state_dict(), 'meta': {}}, request['checkpoint'])
else:
    model.load_state_dict(torch.load(request['checkpoint'])['state_dict'])
config.data.test.pipeline[0].type = 'LoadImageFromWebcam'
pipeline = Compose(replace_ImageToTensor(config.data.test.pipeline))
frame = cv2.imread(request['image'])

seconds, depth = {}, [0]
def watch(module, stage):
    forward = module.forward
    def timed(*args, **kwargs):
        depth[0] += 1
        begin = time.perf_counter()
        result = forward(*args, **kwargs)
        depth[0] -= 1
        if depth[0] == 0:
            seconds[stage] = seconds.get(stage, 0) + time.perf_counter() - begin
        return result
    module.forward = timed
for name, child in model.named_children():
    if name in request['stages']:
        watch(child, request['stages'][name])
    elif name == 'roi_head':
        for part in child.children():
            watch(part, 'roi')

def score_threshold(data):
    # the 1,000th highest score of a class, of all that are looked at
    found = []
    if hasattr(model, 'roi_head'):
        functional = torch.nn.functional
        softmax = functional.softmax
        functional.softmax = lambda *a, **k: found.append(softmax(*a, **k)) or found[-1]
        model(return_loss=False, rescale=True, **data)
        functional.softmax = softmax
        scores = found[-1][:, :-1].flatten()
    else:
        scores = torch.cat([level.sigmoid().flatten() for level in model.bbox_head.forward(model.extract_feat(data['img'][0]))[0]])
    return scores.sort(descending=True).values[1000].item()

runs, count = {}, 0
with torch.no_grad():
    for run in range(-1, request['runs']):
        begin = time.perf_counter()
        data = collate([pipeline({'img': frame})], samples_per_gpu=1)
        data['img_metas'] = [metas.data[0] for metas in data['img_metas']]
        data['img'] = [image.data[0] for image in data['img']]
        prepared = time.perf_counter()
        seconds.clear()
        result = model(return_loss=False, rescale=True, **data)[0]
        done = time.perf_counter()
        boxes = result[0] if isinstance(result, tuple) else result
        count = sum(len(rows) for rows in boxes)
        if run < 0:
            continue
        stages = {'preprocess': prepared - begin, **{name: seconds.get(name, 0) for name in ['backbone_neck', 'heads', 'roi']}}
        stages['postprocess'] = done - prepared - sum(stages[name] for name in ['backbone_neck', 'heads', 'roi'])
        stages['model'], stages['total'] = done - prepared, done - begin
        for name, value in stages.items():
            runs.setdefault(name, []).append(1000 * value)
    report = {'shape': list(data['img'][0].shape), 'detections': count, 'runs': runs}
    if request['make_weights']:
        report['score_thr'] = score_threshold(data)
json.dump(report, sys.stdout)
"""


def run_peer(request):
    environment = dict(os.environ, OMP_NUM_THREADS=str(request["threads"]), CUDA_VISIBLE_DEVICES="")
    command = [sys.executable, "-c", PEER, json.dumps(request)]
    output = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    report = json.loads(output[output.index(b'{"shape"') :])
    report["stages"] = {name: statistics.median(values) for name, values in report.pop("runs").items()}
    return report


def run_detforge(program, request):
    command = [program, "--threads", str(request["threads"]), "benchmark", request["config"], request["checkpoint"], "--reference", "v2.27"]
    command += ["--image", request["image"], "--repeat", str(request["runs"]), "--json", "-"]
    command += ["--cfg-options", "model.backbone.init_cfg=None", *(f"{key}={value!r}" for key, value in request["options"].items())]
    report = json.loads(subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout)
    stages = {**report["stages_ms"], "model": report["median_ms"]}
    stages["total"] = stages["model"] + stages["preprocess"]
    return {"detections": report["detections"], "stages": stages}


def compare(args, request):
    turns = [(run_detforge(args.detforge, request), run_peer(request)) for _ in range(args.repeat)]
    table = {"score_thr": "the config's", "detections": [turns[0][0]["detections"], turns[0][1]["detections"]]}
    if request["options"]:
        table["score_thr"] = next(iter(request["options"].values()))
    for stage in turns[0][1]["stages"]:
        pairs = [(ours["stages"][stage], peer["stages"][stage]) for ours, peer in turns]
        row = {"ours_ms": round(statistics.median(o for o, _ in pairs), 1), "mmdet_ms": round(statistics.median(p for _, p in pairs), 1)}
        ratios = sorted(o / p for o, p in pairs if p > 0)
        if ratios:
            row.update(ratio=round(statistics.median(ratios), 3), ratios=[round(ratio, 3) for ratio in (ratios[0], ratios[-1])])
        table[stage] = row
    return table


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("configs", nargs="*", default=CONFIGS)
    parser.add_argument("--mmdet", required=True)
    parser.add_argument("--image", required=True)
    parser.add_argument("--detforge", default="build/release/detforge")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=5, help="turns")
    parser.add_argument("--runs", type=int, default=3, help="measured runs in each turn, after one that does not count")
    args = parser.parse_args()
    report = {"cores": os.cpu_count(), "threads": args.threads, "load": os.getloadavg()[0], "models": {}}
    for name in args.configs:
        with tempfile.NamedTemporaryFile(suffix=".pth") as checkpoint:
            request = {"config": os.path.join(args.mmdet, "configs", name), "image": args.image, "checkpoint": checkpoint.name}
            request.update(threads=args.threads, runs=1, stages=STAGES, options={}, make_weights=True)
            made = run_peer(request)
            request.update(runs=args.runs, make_weights=False)
            key = "model.test_cfg.score_thr" if name.startswith("retinanet") else "model.test_cfg.rcnn.score_thr"
            report["models"][name] = [compare(args, {**request, "options": options}) for options in ({}, {key: made["score_thr"]})]
            print(name, json.dumps(report["models"][name]), file=sys.stderr)
    json.dump(report, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
