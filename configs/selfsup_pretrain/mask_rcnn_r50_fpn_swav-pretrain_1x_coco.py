# From weights that were learnt without labels.
_base_ = [
    '../_base_/v2_27/mask_rcnn_r50_fpn.py', '../_base_/datasets/coco_instance.py', '../_base_/v2_27/schedule_1x.py',
    '../_base_/v2_27/default_runtime.py'
]
model = dict(
    backbone=dict(
        frozen_stages=0,
        norm_cfg=dict(type='SyncBN'),
        norm_eval=False,
        init_cfg=dict(checkpoint='./swav_800ep_pretrain.pth.tar')))
