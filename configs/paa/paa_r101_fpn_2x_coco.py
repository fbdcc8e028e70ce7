_base_ = './paa_r101_fpn_1x_coco.py'
