# Grid R-CNN (arXiv 1811.12030).
_base_ = '../grid_rcnn/grid_rcnn_r50_fpn_gn-head_2x_coco.py'
lr_config = dict(warmup_iters=500, warmup_ratio=0.001, step=[8, 11])
total_epochs = 12
