_base_ = './mask_rcnn_r101_fpn_1x_coco.py'
model = dict(
    pretrained='open-mmlab://resnext101_32x4d',
    backbone=dict(type='ResNeXt', groups=32, base_width=4))
