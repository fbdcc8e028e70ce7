#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "detforge/nn/module.h"
#include "detforge/registry/registry.h"

namespace detforge {

enum class Reduction { None, Mean, Sum };

template <>
struct EnumNames<Reduction> {
  static constexpr std::array<std::pair<Reduction, std::string_view>, 3> names = {
      {{Reduction::None, "none"}, {Reduction::Mean, "mean"}, {Reduction::Sum, "sum"}}};
};

/// What one call of a loss may add to what its config says.
struct LossCall {
  torch::Tensor weight;                ///< of each element, broadcast over the loss; undefined: 1
  std::optional<double> avg_factor;    ///< what the mean divides by, instead of the number of elements
  std::optional<Reduction> reduction;  ///< instead of the config's
  std::optional<std::int64_t> ignore_index;
  torch::Tensor quality;  ///< [N], how good each row's box is: what QualityFocalLoss aims at
};

/// How far predictions are from their targets: a scalar, or one number per element where the reduction is `none`.
class Loss : public nn::Module {
 public:
  /// The arguments that all losses share.
  struct Options {
    Reduction reduction = Reduction::Mean;
    double loss_weight = 1.0;
  };

  /// A check of arguments that are divided by.
  static std::string must_be_positive(const double& number) { return number > 0 ? "" : "must be greater than 0"; }

  Loss(std::string python_name, const Options& options, const BuildContext& context)
      : Module(std::move(python_name)), options_(options), reference_(context.reference) {}

  /// Throws `Error` when `avg_factor` comes with the reduction `sum`, as the two contradict each other.
  torch::Tensor forward(const torch::Tensor& prediction, const torch::Tensor& target, const LossCall& call = {}) {
    return compute(prediction, target, call) * options_.loss_weight;
  }

 protected:
  virtual torch::Tensor compute(const torch::Tensor& prediction, const torch::Tensor& target, const LossCall& call) = 0;

  Reduction reduction(const LossCall& call) const { return call.reduction.value_or(options_.reduction); }
  Reference reference() const { return reference_; }
  /// The elementwise loss times `weight` (undefined: 1), reduced as the call and the config say.
  torch::Tensor reduce(torch::Tensor loss, const torch::Tensor& weight, const LossCall& call) const;

 private:
  Options options_;
  Reference reference_;
};

Registry<Loss>& losses();

/// The loss that `config` describes. Throws `Error` with the place in the config.
std::shared_ptr<Loss> build_loss(const Value& config, const BuildContext& context = {});

}  // namespace detforge
