_base_ = './solo_r50_fpn_1x_coco.py'

# The masks' loss gets products of probabilities.
model = dict(mask_head=dict(type='DecoupledSOLOHead', loss_mask=dict(activate=False)))
