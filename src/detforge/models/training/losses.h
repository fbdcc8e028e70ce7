#pragma once

#include <torch/torch.h>

#include <string>
#include <utility>
#include <vector>

namespace detforge {

/// What a training step hands back, in the order in which Python's dict holds it: a name and its values, one per level or stage.
/// Names with `loss` in them are summed into the loss; the others (accuracies) are only shown.
class Losses {
 public:
  struct Entry {
    std::string name;
    std::vector<torch::Tensor> values;
  };

  /// Replaces an entry of that name in its place.
  void set(const std::string& name, std::vector<torch::Tensor> values);
  void set(const std::string& name, const torch::Tensor& value) { set(name, std::vector<torch::Tensor>{value}); }
  /// All of `other`, each name with `prefix` in front of it.
  void update(const Losses& other, const std::string& prefix = {});

  const std::vector<Entry>& entries() const { return entries_; }
  const Entry* find(const std::string& name) const;

 private:
  std::vector<Entry> entries_;
};

/// The means that a log shows and the scalar that is minimised: MMDetection's `_parse_losses`. An entry of several values is
/// the sum of their means; the last row is `loss`, the sum of all entries with `loss` in their names.
struct ParsedLosses {
  torch::Tensor loss;                                      ///< scalar, with its graph
  std::vector<std::pair<std::string, torch::Tensor>> log;  ///< scalars
};

ParsedLosses parse_losses(const Losses& losses);

}  // namespace detforge
