# RF-Next: receptive fields searched or found (arXiv 2206.06637).
_base_ = [
    '../_base_/v2_27/cascade_mask_rcnn_r50_fpn.py', '../_base_/datasets/coco_instance.py',
    '../_base_/v2_27/schedule_20e.py', '../_base_/v2_27/default_runtime.py'
]
model = dict(
    backbone=dict(
        type='Res2Net',
        depth=101,
        init_cfg=dict(checkpoint='open-mmlab://res2net101_v1d_26w_4s'),
        scales=4,
        base_width=26))
custom_hooks = [
    dict(type='NumClassCheckHook'),
    dict(
        type='RFSearchHook',
        mode='fixed_single_branch',
        rfstructure_file=
        './configs/rfnext/search_log/cascade_mask_rcnn_r2_101_fpn_20e_coco/local_search_config_step11.json',
        verbose=True,
        by_epoch=True,
        config=dict(
            search=dict(
                step=0,
                max_step=12,
                search_interval=1,
                exp_rate=0.5,
                init_alphas=0.01,
                mmin=1,
                mmax=24,
                num_branches=2,
                skip_layer=['stem', 'layer1'])))
]
