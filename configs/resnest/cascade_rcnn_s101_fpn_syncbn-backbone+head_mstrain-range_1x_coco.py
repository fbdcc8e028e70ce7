_base_ = './cascade_rcnn_s50_fpn_syncbn-backbone+head_mstrain-range_1x_coco.py'
model = dict(pretrained='open-mmlab://resnest101', backbone=dict(depth=101, stem_channels=128))
