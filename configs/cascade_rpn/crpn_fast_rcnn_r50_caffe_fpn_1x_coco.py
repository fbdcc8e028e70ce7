_base_ = '../fast_rcnn/fast_rcnn_r50_fpn_1x_coco.py'
img_norm_cfg = dict(mean=[103.53, 116.28, 123.675], std=[1.0, 1.0, 1.0], to_rgb=False)
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadProposals', num_max_proposals=300),
    dict(type='LoadAnnotations', with_bbox=True),
    dict(type='Resize', img_scale=(1333, 800), keep_ratio=True),
    dict(type='RandomFlip', flip_ratio=0.5),
    dict(type='Normalize', **img_norm_cfg),
    dict(type='Pad', size_divisor=32),
    dict(type='DefaultFormatBundle'),
    dict(type='Collect', keys=['img', 'proposals', 'gt_bboxes', 'gt_labels'])
]
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadProposals', num_max_proposals=300),
    dict(
        type='MultiScaleFlipAug',
        img_scale=(1333, 800),
        flip=False,
        transforms=[
            dict(type='Resize', keep_ratio=True),
            dict(type='RandomFlip'),
            dict(type='Normalize', **img_norm_cfg),
            dict(type='Pad', size_divisor=32),
            dict(type='ImageToTensor', keys=['img']),
            dict(type='ToTensor', keys=['proposals']),
            dict(type='ToDataContainer', fields=[dict(key='proposals', stack=False)]),
            dict(type='Collect', keys=['img', 'proposals'])
        ])
]
model = dict(
    pretrained='open-mmlab://detectron2/resnet50_caffe',
    backbone=dict(norm_cfg=dict(requires_grad=False), style='caffe'),
    roi_head=dict(
        bbox_head=dict(
            bbox_coder=dict(target_stds=[0.04, 0.04, 0.08, 0.08]),
            loss_cls=dict(loss_weight=1.5),
            loss_bbox=dict(type='SmoothL1Loss', beta=1.0))))
train_cfg = dict(
    rcnn=dict(assigner=dict(pos_iou_thr=0.65, neg_iou_thr=0.65, min_pos_iou=0.65), sampler=dict(num=256)))
test_cfg = dict(rcnn=dict(score_thr=0.001))
data = dict(
    train=dict(
        pipeline=train_pipeline,
        proposal_file='data/coco/proposals/crpn_r50_caffe_fpn_1x_train2017.pkl'),
    val=dict(pipeline=test_pipeline, proposal_file='data/coco/proposals/crpn_r50_caffe_fpn_1x_val2017.pkl'),
    test=dict(pipeline=test_pipeline, proposal_file='data/coco/proposals/crpn_r50_caffe_fpn_1x_val2017.pkl'))
optimizer_config = dict(_delete_=True, grad_clip=dict(max_norm=35, norm_type=2))
