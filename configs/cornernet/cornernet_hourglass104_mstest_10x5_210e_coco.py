_base_ = './cornernet_hourglass104_mstest_8x6_210e_coco.py'
data = dict(samples_per_gpu=5)
