# What configs of MMDetection 2.27 say of a run beside 2.8's.
_base_ = '../default_runtime.py'

custom_hooks = [dict(type='NumClassCheckHook')]
opencv_num_threads = 0
mp_start_method = 'fork'
auto_scale_lr = dict(enable=False, base_batch_size=16)
