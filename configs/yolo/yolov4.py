# YOLOV4 as the seed registers it: YOLOv3's parts under another name, here on Darknet-53.
_base_ = './yolov3_d53_mstrain-608_273e_coco.py'

model = dict(
    type='YOLOV4',
    bbox_head=dict(
        _delete_=True,
        type='YOLOV3Head',
        num_classes=80,
        in_channels=[512, 256, 128],
        out_channels=[1024, 512, 256],
        loss_cls=dict(type='CrossEntropyLoss', use_sigmoid=True, loss_weight=1.0, reduction='sum')))
