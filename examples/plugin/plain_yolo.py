# YOLOv3's neck and head on the plug-in's backbone.
model = dict(
    type='YOLOV3',
    backbone=dict(type='PlainNet', channels=[16, 32, 64, 128, 256]),
    neck=dict(
        type='YOLOV3Neck',
        num_scales=3,
        in_channels=[256, 128, 64],
        out_channels=[128, 64, 32]),
    bbox_head=dict(
        type='YOLOV3Head',
        num_classes=4,
        in_channels=[128, 64, 32],
        out_channels=[256, 128, 64]))
