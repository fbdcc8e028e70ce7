# HRNet as backbone (arXiv 1904.04514).
_base_ = '../htc/htc_x101_64x4d_fpn_16x1_20e_coco.py'
lr_config = dict(step=[24, 27])
total_epochs = 28
