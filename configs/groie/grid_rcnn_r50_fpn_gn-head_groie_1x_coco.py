# GRoIE: regions from all levels (arXiv 2004.13665).
_base_ = '../grid_rcnn/grid_rcnn_r50_fpn_gn-head_1x_coco.py'
model = dict(
    roi_head=dict(
        bbox_roi_extractor=dict(
            type='GenericRoIExtractor',
            roi_layer=dict(sampling_ratio=2),
            aggregation='sum',
            pre_cfg=dict(type='ConvModule', in_channels=256, out_channels=256, kernel_size=5, padding=2, inplace=False),
            post_cfg=dict(
                type='GeneralizedAttention',
                in_channels=256,
                spatial_range=-1,
                num_heads=6,
                attention_type='0100',
                kv_stride=2)),
        grid_roi_extractor=dict(
            type='GenericRoIExtractor',
            roi_layer=dict(sampling_ratio=2),
            pre_cfg=dict(type='ConvModule', in_channels=256, out_channels=256, kernel_size=5, padding=2, inplace=False),
            post_cfg=dict(
                type='GeneralizedAttention',
                in_channels=256,
                spatial_range=-1,
                num_heads=6,
                attention_type='0100',
                kv_stride=2))))
