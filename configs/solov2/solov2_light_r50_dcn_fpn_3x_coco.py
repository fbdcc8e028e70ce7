# The pipelines and the schedule are the light one's.
_base_ = './solov2_light_r50_fpn_3x_coco.py'

model = dict(
    backbone=dict(
        dcn=dict(type='DCNv2', deformable_groups=1, fallback_on_stride=False), stage_with_dcn=(False, True, True, True)),
    mask_head=dict(
        stacked_convs=3,
        scale_ranges=((1, 64), (32, 128), (64, 256), (128, 512), (256, 2048)),
        dcn_cfg=dict(type='DCNv2'),
        dcn_apply_to_all_conv=False))
