# From random weights, as nobody gives out weights of VGG9: with batch norms that learn.
_base_ = './retinanet_vgg16_fpn_1x_coco.py'
model = dict(pretrained=None, backbone=dict(type='VGG9', with_bn=True, bn_eval=False, frozen_stages=-1))
