# RF-Next: receptive fields searched or found (arXiv 2206.06637).
_base_ = [
    '../_base_/v2_27/mask_rcnn_r50_fpn.py', '../_base_/datasets/coco_instance.py', '../_base_/v2_27/schedule_1x.py',
    '../_base_/v2_27/default_runtime.py'
]
model = dict(
    backbone=dict(
        _delete_=True,
        type='PyramidVisionTransformerV2',
        embed_dims=32,
        num_layers=[2, 2, 2, 2],
        init_cfg=dict(checkpoint='https://github.com/whai362/PVT/releases/download/v2/pvt_v2_b0.pth')),
    neck=dict(in_channels=[32, 64, 160, 256]))
optimizer = dict(_delete_=True, type='AdamW', lr=0.0002, weight_decay=0.0001)
custom_hooks = [
    dict(
        type='RFSearchHook',
        mode='search',
        rfstructure_file=None,
        verbose=True,
        by_epoch=True,
        config=dict(
            search=dict(
                step=0,
                max_step=11,
                search_interval=1,
                exp_rate=0.5,
                init_alphas=0.01,
                mmin=1,
                mmax=24,
                num_branches=2,
                skip_layer=[])))
]
