# FSAF: levels chosen by the loss (arXiv 1903.00621).
_base_ = '../retinanet/retinanet_r50_fpn_1x_coco.py'
model = dict(
    type='FSAF',
    bbox_head=dict(
        type='FSAFHead',
        anchor_generator=dict(octave_base_scale=1, scales_per_octave=1, ratios=[1.0]),
        bbox_coder=dict(_delete_=True, type='TBLRBBoxCoder', normalizer=4.0),
        loss_cls=dict(reduction='none'),
        loss_bbox=dict(_delete_=True, type='IoULoss', eps=1e-06, loss_weight=1.0, reduction='none'),
        reg_decoded_bbox=True))
train_cfg = dict(
    assigner=dict(_delete_=True, type='CenterRegionAssigner', pos_scale=0.2, neg_scale=0.2, min_pos_iof=0.01))
optimizer_config = dict(grad_clip=dict(_delete_=True, max_norm=10, norm_type=2))
