#include "detforge/models/backbones/pvt_convert.h"

#include <charconv>
#include <optional>

namespace detforge {
namespace {

/// The number that `text` begins with goes away from it; none where it begins with none.
std::optional<std::int64_t> take_pvt_number(std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.erase(0, static_cast<std::size_t>(end - text.data()));
  return number;
}

bool pvt_replace(std::string& name, const std::string& from, const std::string& to) {
  const std::size_t at = name.find(from);
  if (at == std::string::npos) return false;
  name.replace(at, from.size(), to);
  return true;
}

/// The tensors of a whole network, one by one.
class PvtConversion {
 public:
  explicit PvtConversion(const nn::Tensors& official) : official_(official) {
    for (const auto& [name, tensor] : official) {
      has_positions_ |= name.starts_with("pos_embed");
      has_convolutions_ |= name.find("dwconv") != std::string::npos;
    }
  }

  nn::Tensors run() {
    for (const auto& [name, tensor] : official_) {
      if (name.starts_with("head") || name.starts_with("norm.") || name.starts_with("cls_token")) continue;
      if (!convert(name, tensor)) converted_.insert_or_assign(name, tensor);
    }
    return std::move(converted_);
  }

 private:
  /// Whether it is part of a stage.
  bool convert(const std::string& name, const torch::Tensor& tensor) {
    const std::size_t digit = name.find_first_of("0123456789");
    if (digit == std::string::npos) return false;
    const std::string kind = name.substr(0, digit);
    std::string rest = name.substr(digit);
    const std::optional<std::int64_t> number = take_pvt_number(rest);
    if (!number) return false;
    const std::string stage = "layers." + std::to_string(*number - 1) + ".";
    if (kind == "pos_embed") {
      constexpr std::int64_t last_stage = 4, with_class_token = 7 * 7 + 1;
      const bool has_token = *number == last_stage && tensor.size(1) == with_class_token;
      converted_.insert_or_assign(stage + "1.0.pos_embed", has_token ? tensor.slice(1, 1) : tensor);
    } else if (kind == "patch_embed") {
      pvt_replace(rest, "proj.", "projection.");
      converted_.insert_or_assign(stage + "0" + rest, tensor);
    } else if (kind == "norm") {
      converted_.insert_or_assign(stage + "2" + rest, tensor);
    } else if (kind == "block") {
      rest.erase(0, 1);
      const std::int64_t layer = take_pvt_number(rest).value_or(0) + (has_positions_ ? 1 : 0);
      convert_layer(stage + "1." + std::to_string(layer), rest, name, tensor);
    } else {
      return false;
    }
    return true;
  }

  /// `rest` is `.attn.q.weight` of the official `name`.
  void convert_layer(const std::string& layer, std::string rest, const std::string& name, torch::Tensor tensor) {
    if (rest.starts_with(".attn.kv.")) return;  // goes with `q`
    if (pvt_replace(rest, ".attn.q.", ".attn.attn.in_proj_")) {
      std::string other = name;
      pvt_replace(other, ".attn.q.", ".attn.kv.");
      if (const auto keys = official_.find(other); keys != official_.end()) tensor = torch::cat({tensor, keys->second});
    } else if (!pvt_replace(rest, ".attn.proj.", ".attn.attn.out_proj.") && pvt_replace(rest, ".mlp.", ".ffn.layers.")) {
      if (rest.ends_with("fc1.weight") || rest.ends_with("fc2.weight")) tensor = tensor.unsqueeze(-1).unsqueeze(-1);
      pvt_replace(rest, "fc1.", "0.");
      pvt_replace(rest, "dwconv.dwconv.", "1.");
      pvt_replace(rest, "fc2.", has_convolutions_ ? "4." : "3.");
    }
    converted_.insert_or_assign(layer + rest, tensor);
  }

  const nn::Tensors& official_;
  nn::Tensors converted_;
  bool has_positions_ = false;
  bool has_convolutions_ = false;
};

}  // namespace

nn::Tensors convert_official_pvt(const nn::Tensors& official) { return PvtConversion(official).run(); }

}  // namespace detforge
