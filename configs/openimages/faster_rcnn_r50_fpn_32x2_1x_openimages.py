# On Open Images (arXiv 1811.00982).
_base_ = [
    '../_base_/v2_27/faster_rcnn_r50_fpn.py', '../_base_/v2_27/openimages_detection.py',
    '../_base_/v2_27/schedule_1x.py', '../_base_/v2_27/default_runtime.py'
]
model = dict(roi_head=dict(bbox_head=dict(num_classes=601)))
optimizer = dict(lr=0.08)
optimizer_config = dict(grad_clip=dict(_delete_=True, max_norm=35, norm_type=2))
lr_config = dict(warmup_iters=26000, warmup_ratio=0.015625)
auto_scale_lr = dict(base_batch_size=64)
