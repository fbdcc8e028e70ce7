_base_ = './htc_r50_fpn_1x_coco.py'
model = dict(
    pretrained='open-mmlab://resnext101_64x4d', backbone=dict(type='ResNeXt', depth=101, groups=64, base_width=4))
data = dict(samples_per_gpu=1, workers_per_gpu=1)
lr_config = dict(step=[16, 19])
total_epochs = 20
