#include "detforge/nn/load_state_dict.h"

#include <algorithm>
#include <map>
#include <set>

#include "detforge/checkpoint/describe.h"
#include "detforge/checkpoint/hub.h"
#include "detforge/nn/init/initializer.h"
#include "detforge/nn/layers/conv_ws.h"

namespace detforge::nn {
namespace {

torch::ScalarType scalar_type(DType dtype) {
  switch (dtype) {
    case DType::F64: return torch::kDouble;
    case DType::F32: return torch::kFloat;
    case DType::F16: return torch::kHalf;
    case DType::BF16: return torch::kBFloat16;
    case DType::I64: return torch::kLong;
    case DType::I32: return torch::kInt;
    case DType::I16: return torch::kShort;
    case DType::I8: return torch::kChar;
    case DType::U8: return torch::kByte;
    case DType::Bool: return torch::kBool;
    case DType::C64: return torch::kComplexFloat;
    case DType::C128: break;
  }
  return torch::kComplexDouble;
}

std::string list_text(const std::string& title, const std::vector<std::string>& names) {
  constexpr std::size_t shown = 20;
  std::string text = title + " (" + std::to_string(names.size()) + "):\n";
  for (std::size_t i = 0; i < std::min(names.size(), shown); ++i) text += "  " + names[i] + "\n";
  if (names.size() > shown) text += "  … and " + std::to_string(names.size() - shown) + " more\n";
  return text;
}

LoadReport compare(const std::vector<NamedTensor>& model, const std::map<std::string, TensorView>& weights) {
  LoadReport report;
  std::map<std::string, const NamedTensor*> entries;
  for (const NamedTensor& entry : model) {
    entries.emplace(entry.name, &entry);
    const auto found = weights.find(entry.name);
    if (found == weights.end()) {
      if (!entry.name.ends_with("num_batches_tracked")) report.missing.push_back(entry.name);
    } else if (found->second.shape() != entry.tensor.sizes().vec()) {
      report.mismatched.push_back({entry.name, found->second.shape(), entry.tensor.sizes().vec()});
    }
  }
  for (const auto& [name, tensor] : weights) {
    if (!entries.contains(name)) report.unexpected.push_back(name);
  }
  return report;
}

/// What versions of MMDetection before 2.0 called the tensor `name`; empty where the model has that name itself, or the checkpoint
/// neither. The published checkpoints have both kinds of names.
std::string old_name(const std::string& name, const std::map<std::string, TensorView>& weights, const std::set<std::string>& names) {
  const auto is_old = [&](const std::string& candidate) { return weights.contains(candidate) && !names.contains(candidate); };
  // A deformable convolution's offsets stood beside it: `conv2_offset.weight`, not `conv2.conv_offset.weight`.
  if (const std::size_t at = name.rfind(".conv_offset."); at != std::string::npos) {
    const std::string candidate = name.substr(0, at) + "_offset" + name.substr(name.rfind('.'));
    return is_old(candidate) ? candidate : std::string();
  }
  // RetinaNet's towers were plain convolutions: `cls_convs.0.weight`, not `cls_convs.0.conv.weight`.
  if (const std::size_t at = name.rfind(".conv."); at != std::string::npos && name.find("_convs.") != std::string::npos) {
    const std::string candidate = name.substr(0, at) + name.substr(name.rfind('.'));
    return is_old(candidate) ? candidate : std::string();
  }
  // Heads without anchors called their predictions by their own names: `bbox_head.fcos_cls.weight`, not `bbox_head.conv_cls.weight`.
  for (const std::string what : {"cls", "reg", "centerness"}) {
    const std::size_t at = name.rfind("conv_" + what + ".");
    if (at == std::string::npos || (at > 0 && name[at - 1] != '.')) continue;
    const std::string prefix = name.substr(0, at), ending = what + name.substr(name.rfind('.'));
    for (auto found = weights.lower_bound(prefix); found != weights.end() && found->first.starts_with(prefix); ++found) {
      const std::string rest = found->first.substr(at);
      if (rest.ends_with(ending) && rest.find('.') == rest.rfind('.') && is_old(found->first)) return found->first;
    }
  }
  return {};
}

/// Before 2.0 the second stage's heads stood beside the first's, and what they said of the background came first: by their names
/// alone such weights would give every object the class of its neighbour.
void refuse_heads_of_version_1(const std::vector<NamedTensor>& model, const std::map<std::string, TensorView>& weights) {
  const std::string place = "roi_head.";
  for (const NamedTensor& entry : model) {
    if (!entry.name.starts_with(place) || weights.contains(entry.name) || !weights.contains(entry.name.substr(place.size()))) continue;
    throw Error("the checkpoint is of an MMDetection before 2.0: it has '" + entry.name.substr(place.size()) + "', the model '" +
                entry.name + "', and its classes stand in another order")
        .help("convert it with MMDetection's tools/upgrade_model_version.py");
  }
}

/// Gives the weights that have an old name the one that the model knows them by.
void take_up_old_names(const std::vector<NamedTensor>& model, std::map<std::string, TensorView>& weights) {
  std::set<std::string> names;
  for (const NamedTensor& entry : model) names.insert(entry.name);
  for (const std::string& name : names) {
    if (weights.contains(name)) continue;
    const std::string old = old_name(name, weights, names);
    if (old.empty()) continue;
    auto weight = weights.extract(old);
    weight.key() = name;
    weights.insert(std::move(weight));
  }
}

/// The ConvAWS layers that get a weight without its statistics, which then are no longer missing.
std::vector<ConvAWS2d*> without_statistics(Module& model, LoadReport& report) {
  std::vector<ConvAWS2d*> found;
  for (const auto& item : model.named_modules()) {
    auto* conv = dynamic_cast<ConvAWS2d*>(item.value().get());
    if (conv == nullptr) continue;
    const std::string prefix = item.key().empty() ? "" : item.key() + ".";
    const auto is_missing = [&](const char* name) {
      return std::find(report.missing.begin(), report.missing.end(), prefix + name) != report.missing.end();
    };
    if (is_missing("weight") || !is_missing("weight_gamma")) continue;
    found.push_back(conv);
    std::erase_if(report.missing,
                  [&](const std::string& name) { return name == prefix + "weight_gamma" || name == prefix + "weight_beta"; });
  }
  return found;
}

}  // namespace

std::string LoadReport::text() const {
  std::string text;
  if (!missing.empty()) text += list_text("missing in the checkpoint", missing);
  if (!unexpected.empty()) text += list_text("unknown to the model", unexpected);
  if (!mismatched.empty()) {
    std::vector<std::string> rows;
    for (const Mismatch& row : mismatched) {
      rows.push_back(row.name + "  " + shape_text(row.in_checkpoint) + " in the checkpoint, " + shape_text(row.in_model) + " in the model");
    }
    text += list_text("of another shape", rows);
  }
  return text;
}

LoadReport load_state_dict(Module& model, const Checkpoint& checkpoint, bool strict, const std::string& prefix) {
  std::map<std::string, TensorView> weights;
  for (TensorView& view : checkpoint.state_dict()) {
    if (view.name.starts_with(prefix)) weights.insert_or_assign(view.name.substr(prefix.size()), view);
  }
  if (weights.empty() && !prefix.empty()) throw Error("the checkpoint has no tensor below '" + prefix + "'");
  std::vector<NamedTensor> entries = state_dict(model);
  refuse_heads_of_version_1(entries, weights);
  take_up_old_names(entries, weights);
  LoadReport report = compare(entries, weights);
  const std::vector<ConvAWS2d*> plain_convolutions = without_statistics(model, report);
  if (strict && !report.empty()) throw Error("the checkpoint does not fit the model\n" + report.text());
  const torch::NoGradGuard no_grad;
  for (NamedTensor& entry : entries) {
    const auto found = weights.find(entry.name);
    if (found == weights.end() || found->second.shape() != entry.tensor.sizes().vec()) continue;
    std::vector<std::byte> bytes = checkpoint.contiguous_bytes(found->second);
    entry.tensor.copy_(torch::from_blob(bytes.data(), entry.tensor.sizes(), scalar_type(found->second.dtype())));
  }
  for (ConvAWS2d* conv : plain_convolutions) conv->take_statistics_of_weight();
  return report;
}

LoadReport load_pretrained(Module& module, const Pretrained& source) {
  const auto path = find_checkpoint(source.checkpoint);
  std::string prefix = source.prefix.value_or("");
  if (!prefix.empty() && !prefix.ends_with('.')) prefix += '.';
  try {
    return load_state_dict(module, Checkpoint::read(path), /*strict=*/false, prefix);
  } catch (Error& error) {
    throw std::move(error.at(path.string()));
  }
}

std::vector<LoadedPart> init_weights(Module& model, std::uint64_t seed) {
  std::vector<LoadedPart> loaded;
  torch::manual_seed(seed);
  initialize_weights(model, [&](Module& part, const Pretrained& source) {
    loaded.push_back({part.python_name(), source.checkpoint, load_pretrained(part, source)});
  });
  return loaded;
}

}  // namespace detforge::nn
