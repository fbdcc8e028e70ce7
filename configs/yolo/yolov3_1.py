# yolov3.py for one class, say "person".
_base_ = './yolov3.py'

model = dict(bbox_head=dict(num_classes=1))
