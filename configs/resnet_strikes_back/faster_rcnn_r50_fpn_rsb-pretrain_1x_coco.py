# From weights of "ResNet strikes back" (arXiv 2110.00476).
_base_ = [
    '../_base_/v2_27/faster_rcnn_r50_fpn.py', '../_base_/datasets/coco_detection.py', '../_base_/v2_27/schedule_1x.py',
    '../_base_/v2_27/default_runtime.py'
]
checkpoint = 'https://download.openmmlab.com/mmclassification/v0/resnet/resnet50_8xb256-rsb-a1-600e_in1k_20211228-20e21305.pth'
model = dict(backbone=dict(init_cfg=dict(checkpoint=checkpoint, prefix='backbone.')))
optimizer = dict(
    _delete_=True,
    type='AdamW',
    lr=0.0002,
    weight_decay=0.05,
    paramwise_cfg=dict(norm_decay_mult=0.0, bypass_duplicate=True))
