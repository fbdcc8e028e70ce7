_base_ = '../retinanet/retinanet_r50_fpn_1x_coco.py'
fp16 = dict(loss_scale=512.0)
