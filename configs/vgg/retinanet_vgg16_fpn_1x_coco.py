# RetinaNet on VGG-16 (arXiv 1409.1556), whose levels have ResNet's strides from the second on.
_base_ = '../retinanet/retinanet_r50_fpn_1x_coco.py'
model = dict(
    pretrained='torchvision://vgg16',
    backbone=dict(_delete_=True, type='VGG16', out_indices=(1, 2, 3, 4), frozen_stages=1),
    neck=dict(in_channels=[128, 256, 512, 512]))
