#include "detforge/boxes/coders/delta_coding.h"

#include <cmath>

namespace detforge {
namespace {

torch::Tensor delta_centers(const torch::Tensor& boxes) { return (boxes.slice(-1, 0, 2) + boxes.slice(-1, 2, 4)) * 0.5; }

torch::Tensor delta_sizes(const torch::Tensor& boxes, double inclusive_px) {
  const torch::Tensor sizes = boxes.slice(-1, 2, 4) - boxes.slice(-1, 0, 2);
  return inclusive_px == 0 ? sizes : sizes + inclusive_px;
}

torch::Tensor as_row(const std::array<double, 4>& numbers, const torch::Tensor& like) {
  return torch::tensor(torch::ArrayRef<double>(numbers), torch::kDouble).to(like.options());
}

}  // namespace

torch::Tensor DeltaCoding::encode(const torch::Tensor& priors, const torch::Tensor& gt) const {
  const torch::Tensor sizes = delta_sizes(priors, inclusive_px);
  const torch::Tensor moves = (delta_centers(gt) - delta_centers(priors)) / sizes;
  const torch::Tensor deltas = torch::cat({moves, (delta_sizes(gt, inclusive_px) / sizes).log()}, -1);
  return (deltas - as_row(means, deltas)) / as_row(stds, deltas);
}

torch::Tensor DeltaCoding::decode(const torch::Tensor& priors, const torch::Tensor& deltas, const Limits& limits) const {
  const torch::Tensor per_box = deltas.unflatten(-1, {deltas.size(-1) / 4, 4});
  const torch::Tensor denormalised = per_box * as_row(stds, deltas) + as_row(means, deltas);
  const torch::Tensor prior = priors.unsqueeze(-2);
  const torch::Tensor sizes = delta_sizes(prior, inclusive_px);
  torch::Tensor moves = sizes * denormalised.slice(-1, 0, 2);
  if (std::isfinite(limits.max_move_px)) moves = moves.clamp(-limits.max_move_px, limits.max_move_px);
  torch::Tensor log_sizes = denormalised.slice(-1, 2, 4).clamp_max(limits.max_log_size);
  if (std::isfinite(limits.min_log_size)) log_sizes = log_sizes.clamp_min(limits.min_log_size);
  const torch::Tensor centers = delta_centers(prior) + moves;
  const torch::Tensor half_sizes = sizes * log_sizes.exp() * 0.5;
  return torch::cat({centers - half_sizes, centers + half_sizes}, -1).flatten(-2);
}

}  // namespace detforge
