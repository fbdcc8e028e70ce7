_base_ = './mask_rcnn_r50_fpn_gn_ws-all_2x_coco.py'
model = dict(
    pretrained='open-mmlab://jhu/resnext50_32x4d_gn_ws',
    backbone=dict(type='ResNeXt', groups=32, base_width=4))
