# Modulated deformable convolutions (arXiv 1811.11168).
_base_ = [
    '../_base_/v2_27/mask_rcnn_r50_fpn.py', '../_base_/datasets/coco_instance.py', '../_base_/v2_27/schedule_1x.py',
    '../_base_/v2_27/default_runtime.py'
]
model = dict(
    backbone=dict(
        dcn=dict(type='DCNv2', deform_groups=1, fallback_on_stride=False), stage_with_dcn=(False, True, True, True)))
