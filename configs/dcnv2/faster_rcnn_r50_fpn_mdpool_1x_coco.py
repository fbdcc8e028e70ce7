# Modulated deformable convolutions (arXiv 1811.11168).
_base_ = [
    '../_base_/v2_27/faster_rcnn_r50_fpn.py', '../_base_/datasets/coco_detection.py', '../_base_/v2_27/schedule_1x.py',
    '../_base_/v2_27/default_runtime.py'
]
model = dict(
    roi_head=dict(
        bbox_roi_extractor=dict(
            roi_layer=dict(_delete_=True, type='ModulatedDeformRoIPoolPack', output_size=7, output_channels=256))))
