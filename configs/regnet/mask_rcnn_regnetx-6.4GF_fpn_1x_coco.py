_base_ = './mask_rcnn_regnetx-3.2GF_fpn_1x_coco.py'
model = dict(
    pretrained='open-mmlab://regnetx_6.4gf',
    backbone=dict(arch='regnetx_6.4gf'),
    neck=dict(in_channels=[168, 392, 784, 1624]))
