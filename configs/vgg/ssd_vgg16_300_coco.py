# SSD (arXiv 1512.02325) on torchvision's VGG-16 with its pools, so without SSD's dilated layers: levels of strides 16 and 32,
# and three smaller ones by the neck.
_base_ = '../ssd/ssd300_coco.py'
reference = 'v2.27'
input_size = 300
model = dict(
    _delete_=True,
    type='SingleStageDetector',
    pretrained='torchvision://vgg16',
    backbone=dict(type='VGG16', out_indices=(3, 4)),
    neck=dict(
        type='SSDNeck',
        in_channels=(512, 512),
        out_channels=(512, 512, 512, 256, 256),
        level_strides=(2, 2, 1),
        level_paddings=(1, 1, 0),
        l2_norm_scale=20),
    bbox_head=dict(
        type='SSDHead',
        in_channels=(512, 512, 512, 256, 256),
        num_classes=80,
        anchor_generator=dict(
            type='SSDAnchorGenerator',
            scale_major=False,
            input_size=input_size,
            basesize_ratio_range=(0.15, 0.9),
            strides=[16, 32, 60, 100, 300],
            ratios=[[2], [2, 3], [2, 3], [2], [2]]),
        bbox_coder=dict(
            type='DeltaXYWHBBoxCoder', target_means=[.0, .0, .0, .0], target_stds=[0.1, 0.1, 0.2, 0.2])))
