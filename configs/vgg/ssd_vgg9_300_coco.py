# From random weights, as nobody gives out weights of VGG9: with batch norms that learn.
_base_ = './ssd_vgg16_300_coco.py'
model = dict(pretrained=None, backbone=dict(type='VGG9', with_bn=True, bn_eval=False))
