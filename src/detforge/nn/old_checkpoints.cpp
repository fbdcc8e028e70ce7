#include "detforge/nn/old_checkpoints.h"

#include <algorithm>
#include <charconv>

namespace detforge::nn {
namespace {

const std::string second_stage = "roi_head.";

struct Model {
  std::map<std::string, std::vector<std::int64_t>> shapes;

  bool has(const std::string& name) const { return shapes.contains(name); }
};

/// `name` without its last part, and that part with its dot: `conv2.weight` → `conv2`, `.weight`.
std::pair<std::string, std::string> split_last(const std::string& name) {
  const std::size_t dot = std::min(name.rfind('.'), name.size());
  return {name.substr(0, dot), name.substr(dot)};
}

/// The number that `text` is; -1 where it is none.
int number(std::string_view text) {
  int value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : -1;
}

/// A deformable convolution's offsets stood beside it: `conv2_offset.weight`, not `conv2.conv_offset.weight`.
std::string old_offset(const std::string& name) {
  const std::size_t at = name.rfind(".conv_offset.");
  return at == std::string::npos ? std::string() : name.substr(0, at) + "_offset" + split_last(name).second;
}

/// RetinaNet's towers were plain convolutions: `cls_convs.0.weight`, not `cls_convs.0.conv.weight`.
std::string old_tower(const std::string& name) {
  const std::size_t at = name.rfind(".conv.");
  const bool in_tower = at != std::string::npos && name.find("_convs.") != std::string::npos;
  return in_tower ? name.substr(0, at) + split_last(name).second : std::string();
}

/// Heads without anchors called their predictions by their own names: `bbox_head.fcos_cls.weight`, not `bbox_head.conv_cls.weight`.
std::string old_prediction(const std::string& name, const Model& model, const Weights& weights) {
  for (const std::string what : {"cls", "reg", "centerness"}) {
    const std::size_t at = name.rfind("conv_" + what + ".");
    if (at == std::string::npos || (at > 0 && name[at - 1] != '.')) continue;
    const std::string prefix = name.substr(0, at), ending = what + split_last(name).second;
    for (auto found = weights.lower_bound(prefix); found != weights.end() && found->first.starts_with(prefix); ++found) {
      const std::string rest = found->first.substr(at);
      if (rest.ends_with(ending) && rest.find('.') == rest.rfind('.') && !model.has(found->first)) return found->first;
    }
  }
  return {};
}

/// SSD's further levels were part of its backbone, and its predictions not in lists: `backbone.extra.5.weight`,
/// `bbox_head.cls_convs.0.weight`, not `neck.extra_layers.2.1.conv.weight`, `bbox_head.cls_convs.0.0.weight`.
std::string old_ssd(const std::string& name) {
  if (name == "neck.l2_norm.weight") return "backbone.l2_norm.weight";
  const auto [layer, ending] = split_last(name);
  const std::string extra = "neck.extra_layers.";
  if (name.starts_with(extra) && layer.ends_with(".conv")) {
    const std::string place = split_last(layer).first.substr(extra.size());
    const auto [level, second] = split_last(place);
    if (number(level) < 0 || (second != ".0" && second != ".1")) return {};
    return "backbone.extra." + std::to_string(2 * number(level) + (second == ".1" ? 1 : 0)) + ending;
  }
  const bool is_prediction = name.starts_with("bbox_head.cls_convs.") || name.starts_with("bbox_head.reg_convs.");
  return is_prediction && layer.ends_with(".0") ? split_last(layer).first + ending : std::string();
}

/// DETR's layers named their attentions and networks one by one: `self_attn.attn.in_proj_weight`, `ffn.layers.1.bias`, `decoder.norm.bias`,
/// not `attentions.0.attn.in_proj_weight`, `ffns.0.layers.1.bias`, `decoder.post_norm.bias`.
std::string old_transformer(const std::string& name) {
  static const std::pair<std::string, std::string> renamed[] = {{".attentions.0.", ".self_attn."},
                                                                {".attentions.1.", ".multihead_attn."},
                                                                {".ffns.0.", ".ffn."},
                                                                {".decoder.post_norm.", ".decoder.norm."}};
  if (!name.starts_with("bbox_head.transformer.")) return {};
  for (const auto& [today, once] : renamed) {
    if (const std::size_t at = name.find(today); at != std::string::npos) return std::string(name).replace(at, today.size(), once);
  }
  return {};
}

std::string old_name(const std::string& name, const Model& model, const Weights& weights) {
  for (const std::string& candidate :
       {old_offset(name), old_tower(name), old_prediction(name, model, weights), old_ssd(name), old_transformer(name)}) {
    if (!candidate.empty() && weights.contains(candidate) && !model.has(candidate)) return candidate;
  }
  return {};
}

void rename(Weights& weights, const std::string& from, const std::string& to) {
  auto weight = weights.extract(from);
  weight.key() = to;
  weights.insert(std::move(weight));
}

TensorView rows(TensorView view, std::int64_t first, std::int64_t count) {
  view.tensor.offset += first * view.tensor.stride[0];
  view.tensor.shape[0] = count;
  return view;
}

/// In each of `groups` equal runs of rows the first goes last.
Weight first_row_last(const TensorView& view, std::int64_t groups) {
  const std::int64_t each = view.shape()[0] / groups;
  Weight weight;
  for (std::int64_t group = 0; group < groups; ++group) {
    weight.parts.push_back(rows(view, group * each + 1, each - 1));
    weight.parts.push_back(rows(view, group * each, 1));
  }
  return weight;
}

/// Whether `rows_of_all` are those of one class more than `rows_wanted` has.
bool has_one_class_more(std::int64_t rows_of_all, std::int64_t rows_wanted, std::int64_t rows_of_class) {
  return rows_of_class > 0 && rows_of_all == rows_wanted + rows_of_class && rows_wanted % rows_of_class == 0;
}

/// Scores of the background go last, what else it had goes away.
void take_up_second_stage(const std::string& name, const std::vector<std::int64_t>& wanted, Weight& weight) {
  const TensorView view = weight.parts.front();
  const std::vector<std::int64_t>& shape = view.shape();
  if (shape.empty() || wanted.empty()) return;
  const std::string layer = split_last(name).first;
  if (layer.ends_with(".fc_cls")) {
    if (shape[0] > 1) weight = first_row_last(view, 1);
    return;
  }
  const std::int64_t rows_of_class = layer.ends_with(".fc_reg") ? 4 : 1;
  const bool is_per_class = layer.ends_with(".fc_reg") || layer.ends_with(".conv_logits") || layer.ends_with(".fc_mask_iou");
  if (!is_per_class || !has_one_class_more(shape[0], wanted[0], rows_of_class)) return;
  weight.parts = {rows(view, rows_of_class, wanted[0])};
}

bool take_up_second_stage_names(const Model& model, Weights& weights) {
  bool found = false;
  for (const auto& [name, shape] : model.shapes) {
    if (!name.starts_with(second_stage) || weights.contains(name)) continue;
    const std::string old = name.substr(second_stage.size());
    if (!weights.contains(old) || model.has(old)) continue;
    rename(weights, old, name);
    take_up_second_stage(name, shape, weights.at(name));
    found = true;
  }
  return found;
}

/// SSD's class scores of version 1: the background comes first of each anchor's.
void take_up_ssd_scores(const Model& model, Weights& weights) {
  const std::string prefix = "bbox_head.cls_convs.";
  for (const auto& [name, wanted] : model.shapes) {
    if (!name.starts_with(prefix) || name.find(".conv.") != std::string::npos || !weights.contains(name)) continue;
    const auto boxes = weights.find("bbox_head.reg_convs." + name.substr(prefix.size()));
    const TensorView scores = weights.at(name).parts.front();
    if (boxes == weights.end() || scores.shape() != wanted || wanted.empty() || boxes->second.shape().empty()) continue;
    const std::int64_t anchors = boxes->second.shape()[0] / 4;
    if (anchors > 0 && wanted[0] % anchors == 0 && wanted[0] > anchors) weights.at(name) = first_row_last(scores, anchors);
  }
}

}  // namespace

std::vector<std::int64_t> Weight::shape() const {
  std::vector<std::int64_t> shape = parts.front().shape();
  for (std::size_t i = 1; i < parts.size(); ++i) shape[0] += parts[i].shape()[0];
  return shape;
}

std::optional<int> mmdet_major_version(const Checkpoint& checkpoint) {
  const Object* meta = checkpoint.root().find("meta");
  const Object* version = meta != nullptr ? meta->find("mmdet_version") : nullptr;
  if (version == nullptr || version->text() == nullptr) return std::nullopt;
  const std::string& text = *version->text();
  const int major = number(text.substr(0, text.find('.')));
  return major >= 0 ? std::optional(major) : std::nullopt;
}

void take_up_old_weights(const std::vector<NamedTensor>& model, std::optional<int> major_version, Weights& weights) {
  Model known;
  for (const NamedTensor& entry : model) known.shapes.emplace(entry.name, entry.tensor.sizes().vec());
  for (const auto& [name, shape] : known.shapes) {
    if (weights.contains(name)) continue;
    if (const std::string old = old_name(name, known, weights); !old.empty()) rename(weights, old, name);
  }
  const bool has_second_stage = take_up_second_stage_names(known, weights);
  if (major_version && *major_version < 2 && !has_second_stage) take_up_ssd_scores(known, weights);
}

}  // namespace detforge::nn
