_base_ = './htc_r50_fpn_1x_coco.py'
lr_config = dict(step=[16, 19])
total_epochs = 20
