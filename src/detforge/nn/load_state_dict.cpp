#include "detforge/nn/load_state_dict.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "detforge/checkpoint/describe.h"
#include "detforge/checkpoint/hub.h"
#include "detforge/checkpoint/wrapper_prefix.h"
#include "detforge/nn/foreign_weights.h"
#include "detforge/nn/init/initializer.h"
#include "detforge/nn/layers/conv_ws.h"
#include "detforge/nn/old_checkpoints.h"

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

/// The tensor for reading: on the bytes themselves, or on a copy where they are not aligned as its type needs it.
torch::Tensor tensor_on(const ContiguousBytes& bytes, const TensorView& view) {
  const torch::ScalarType type = scalar_type(view.dtype());
  if (reinterpret_cast<std::uintptr_t>(bytes.data()) % c10::elementSize(type) == 0) {
    return torch::from_blob(const_cast<std::byte*>(bytes.data()), view.shape(), type);  // NOLINT: from_blob knows no const
  }
  torch::Tensor aligned = torch::empty(view.shape(), type);
  std::memcpy(aligned.data_ptr(), bytes.data(), bytes.size());
  return aligned;
}

void fill(const torch::Tensor& target, const Checkpoint& checkpoint, const Weight& weight) {
  std::int64_t row = 0;
  for (const TensorView& part : weight.parts) {
    const ContiguousBytes bytes = checkpoint.contiguous_bytes(part);
    const torch::Tensor values = tensor_on(bytes, part);
    if (weight.parts.size() == 1) {
      target.copy_(values);
      return;
    }
    target.narrow(0, row, values.size(0)).copy_(values);
    row += values.size(0);
  }
}

using Shapes = std::map<std::string, std::vector<std::int64_t>>;

LoadReport compare(const std::vector<NamedTensor>& model, const Shapes& weights) {
  LoadReport report;
  std::map<std::string, const NamedTensor*> entries;
  for (const NamedTensor& entry : model) {
    entries.emplace(entry.name, &entry);
    const auto found = weights.find(entry.name);
    if (!entry.name.ends_with("num_batches_tracked")) {
      ++report.counted;
      if (found != weights.end() && found->second == entry.tensor.sizes().vec()) ++report.fitting;
    }
    if (found == weights.end()) {
      if (!entry.name.ends_with("num_batches_tracked")) report.missing.push_back(entry.name);
    } else if (found->second != entry.tensor.sizes().vec()) {
      report.mismatched.push_back({entry.name, found->second, entry.tensor.sizes().vec()});
    }
  }
  for (const auto& [name, shape] : weights) {
    if (!entries.contains(name)) report.unexpected.push_back(name);
  }
  return report;
}

/// The checkpoint's tensors by the names that the model could have, those below `prefix` without it.
std::map<std::string, TensorView> tensors_below(const Checkpoint& checkpoint, const std::string& prefix,
                                                const std::vector<NamedTensor>& model) {
  const auto is_models_own = [&](std::string_view wrapper) {
    return std::any_of(model.begin(), model.end(), [&](const NamedTensor& entry) { return entry.name.starts_with(wrapper); });
  };
  std::map<std::string, TensorView> found, unwrapped;
  for (TensorView& view : checkpoint.state_dict()) {
    if (!prefix.empty() && view.name.starts_with(prefix)) {
      found.insert_or_assign(view.name.substr(prefix.size()), view);
      continue;
    }
    const std::string name = without_wrapper_prefixes(view.name, is_models_own);
    if (!name.starts_with(prefix)) continue;
    (name == view.name ? found : unwrapped).insert_or_assign(name.substr(prefix.size()), view);
  }
  found.merge(unwrapped);
  if (found.empty() && !prefix.empty()) throw Error("the checkpoint has no tensor below '" + prefix + "'");
  return found;
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

void require_fit(const LoadReport& report, bool partial) {
  if (report.counted == 0) return;
  if (report.fitting == 0) {
    throw Error("no tensor of the checkpoint fits the model\n" + report.text()).help("detforge checkpoint show lists what is inside");
  }
  if (partial || 2 * report.fitting >= report.counted) return;
  throw Error("only " + std::to_string(report.fitting) + " of the model's " + std::to_string(report.counted) +
              " tensors are in the checkpoint, and the others would be random\n" + report.text())
      .help("--partial runs the model all the same");
}

LoadReport load_state_dict(Module& model, const Checkpoint& checkpoint, bool strict, const std::string& prefix) {
  std::vector<NamedTensor> entries = state_dict(model);
  Weights weights;
  for (const auto& [name, view] : tensors_below(checkpoint, prefix, entries)) weights.emplace(name, Weight{{view}});
  take_up_old_weights(entries, mmdet_major_version(checkpoint), weights);
  Shapes shapes;
  for (const auto& [name, weight] : weights) shapes.emplace(name, weight.shape());
  LoadReport report = compare(entries, shapes);
  const std::vector<ConvAWS2d*> plain_convolutions = without_statistics(model, report);
  if (strict && !report.empty()) throw Error("the checkpoint does not fit the model\n" + report.text());
  const torch::NoGradGuard no_grad;
  for (NamedTensor& entry : entries) {
    const auto found = weights.find(entry.name);
    if (found == weights.end() || found->second.shape() != entry.tensor.sizes().vec()) continue;
    fill(entry.tensor, checkpoint, found->second);
  }
  for (ConvAWS2d* conv : plain_convolutions) conv->take_statistics_of_weight();
  return report;
}

namespace {

LoadReport load_foreign(Module& model, const ForeignWeights& foreign, const Checkpoint& checkpoint, const std::string& prefix) {
  const torch::NoGradGuard no_grad;
  Tensors tensors;
  for (const auto& [name, view] : tensors_below(checkpoint, prefix, state_dict(model))) {
    const ContiguousBytes bytes = checkpoint.contiguous_bytes(view);
    tensors.emplace(name, tensor_on(bytes, view).clone());
  }
  tensors = foreign.take_up(std::move(tensors));
  Shapes shapes;
  for (const auto& [name, tensor] : tensors) shapes.emplace(name, tensor.sizes().vec());
  std::vector<NamedTensor> entries = state_dict(model);
  for (NamedTensor& entry : entries) {
    const auto found = tensors.find(entry.name);
    if (found != tensors.end() && found->second.sizes() == entry.tensor.sizes()) entry.tensor.copy_(found->second);
  }
  return compare(entries, shapes);
}

}  // namespace

LoadReport load_pretrained(Module& module, const Pretrained& source) {
  const auto path = find_checkpoint(source.checkpoint);
  std::string prefix = source.prefix.value_or("");
  if (!prefix.empty() && !prefix.ends_with('.')) prefix += '.';
  try {
    const Checkpoint checkpoint = Checkpoint::read(path);
    const auto* foreign = dynamic_cast<const ForeignWeights*>(&module);
    return foreign != nullptr ? load_foreign(module, *foreign, checkpoint, prefix)
                              : load_state_dict(module, checkpoint, /*strict=*/false, prefix);
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
