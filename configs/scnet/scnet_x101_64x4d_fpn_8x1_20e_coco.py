_base_ = 'scnet_x101_64x4d_fpn_20e_coco.py'
data = dict(samples_per_gpu=1, workers_per_gpu=1)
optimizer = dict(lr=0.01)
auto_scale_lr = dict(base_batch_size=8)
