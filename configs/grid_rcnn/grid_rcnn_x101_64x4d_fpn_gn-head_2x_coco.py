_base_ = './grid_rcnn_x101_32x4d_fpn_gn-head_2x_coco.py'
model = dict(pretrained='open-mmlab://resnext101_64x4d', backbone=dict(groups=64))
