#pragma once

#include <string>

#include "detforge/nn/module.h"

/// mmcv's functions that fill one module: its own `weight` as the name says and its own `bias` with a number. What the
/// module lacks is left out.
namespace detforge::nn {

enum class Distribution { Normal, Uniform };
enum class FanMode { In, Out };
enum class Nonlinearity { ReLU, LeakyReLU };

void constant_init(Module& module, double value, double bias = 0);
/// N(mean, std²)
void normal_init(Module& module, double mean = 0, double std = 1, double bias = 0);
/// N(mean, std²), drawn again until it lies in [low, high].
void trunc_normal_init(Module& module, double mean = 0, double std = 1, double low = -2, double high = 2, double bias = 0);
/// U(low, high)
void uniform_init(Module& module, double low = 0, double high = 1, double bias = 0);
/// Variance gain² · 2 / (fan_in + fan_out) (Glorot and Bengio, 2010).
void xavier_init(Module& module, double gain = 1, double bias = 0, Distribution distribution = Distribution::Normal);

struct KaimingOptions {
  double a = 0;  ///< slope of the leaky ReLU that follows
  FanMode mode = FanMode::Out;
  Nonlinearity nonlinearity = Nonlinearity::ReLU;
  double bias = 0;
  Distribution distribution = Distribution::Normal;
};
/// Variance 2 / fan, or 2 / (1 + a²) / fan before a leaky ReLU (arXiv 1502.01852).
void kaiming_init(Module& module, const KaimingOptions& options = {});
/// Caffe2's `XavierFill`: U(-b, b) with b = √(3 / fan_in).
void caffe2_xavier_init(Module& module, double bias = 0);

/// The bias with which a sigmoid starts at `prior_prob`.
double bias_init_with_prob(double prior_prob);

/// The values themselves, for tensors that are no weight of a layer.
void fill_trunc_normal(torch::Tensor& tensor, double mean = 0, double std = 1, double low = -2, double high = 2);

}  // namespace detforge::nn
