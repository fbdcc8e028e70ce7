_base_ = './vfnet_r50_fpn_mstrain_2x_coco.py'
model = dict(
    pretrained='open-mmlab://resnext101_64x4d', backbone=dict(type='ResNeXt', depth=101, groups=64, base_width=4))
