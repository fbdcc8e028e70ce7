_base_ = 'scnet_r50_fpn_1x_coco.py'
lr_config = dict(step=[16, 19])
runner = dict(max_epochs=20)
