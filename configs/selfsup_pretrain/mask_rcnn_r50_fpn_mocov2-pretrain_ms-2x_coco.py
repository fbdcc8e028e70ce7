# From weights that were learnt without labels.
_base_ = [
    '../_base_/v2_27/mask_rcnn_r50_fpn.py', '../_base_/datasets/coco_instance.py', '../_base_/v2_27/schedule_2x.py',
    '../_base_/v2_27/default_runtime.py'
]
model = dict(
    backbone=dict(
        frozen_stages=0,
        norm_cfg=dict(type='SyncBN'),
        norm_eval=False,
        init_cfg=dict(checkpoint='./mocov2_r50_800ep_pretrain.pth')))
img_norm_cfg = dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], to_rgb=True)
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations', with_bbox=True, with_mask=True),
    dict(type='Resize', img_scale=[(1333, 640), (1333, 800)], multiscale_mode='range', keep_ratio=True),
    dict(type='RandomFlip', flip_ratio=0.5),
    dict(type='Normalize', **img_norm_cfg),
    dict(type='Pad', size_divisor=32),
    dict(type='DefaultFormatBundle'),
    dict(type='Collect', keys=['img', 'gt_bboxes', 'gt_labels', 'gt_masks'])
]
data = dict(train=dict(pipeline=train_pipeline))
