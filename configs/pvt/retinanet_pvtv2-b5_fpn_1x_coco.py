_base_ = './retinanet_pvtv2-b4_fpn_1x_coco.py'
model = dict(
    backbone=dict(
        num_layers=[3, 6, 40, 3], mlp_ratios=(4, 4, 4, 4), init_cfg=dict(checkpoint='https://github.com/whai362/PVT/releases/download/v2/pvt_v2_b5.pth')))
