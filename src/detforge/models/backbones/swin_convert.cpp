#include "detforge/models/backbones/swin_convert.h"

#include <cmath>

namespace detforge {
namespace {

/// `name` with the first `from` in it replaced.
std::string swin_renamed(std::string name, const std::string& from, const std::string& to) {
  const std::size_t at = name.find(from);
  return at == std::string::npos ? name : name.replace(at, from.size(), to);
}

bool swin_contains(const std::string& name, const char* part) { return name.find(part) != std::string::npos; }

/// The last dimension, of a patch's four pixels with their channels, into that of channels with their four pixels.
torch::Tensor swin_unfolded(const torch::Tensor& merged) {
  const torch::Tensor pixels = merged.unflatten(-1, {4, merged.size(-1) / 4});
  return pixels.index_select(-2, torch::tensor({0, 2, 1, 3})).transpose(-2, -1).flatten(-2).contiguous();
}

std::string swin_name(const std::string& official) {
  if (official.starts_with("patch_embed")) return swin_renamed(official, "proj", "projection");
  if (!official.starts_with("layers")) return official;
  std::string name = swin_renamed(official, "layers", "stages");
  if (swin_contains(name, "attn.")) return swin_renamed(name, "attn.", "attn.w_msa.");
  for (const auto& [from, to] :
       {std::pair("mlp.fc1.", "ffn.layers.0.0."), std::pair("mlp.fc2.", "ffn.layers.1."), std::pair("mlp.", "ffn.")}) {
    if (swin_contains(name, from)) return swin_renamed(name, from, to);
  }
  return name;
}

}  // namespace

nn::Tensors convert_official_swin(const nn::Tensors& official) {
  nn::Tensors converted;
  for (const auto& [name, tensor] : official) {
    if (name.starts_with("head")) continue;
    const bool is_merging =
        name.starts_with("layers") && (swin_contains(name, "downsample.reduction.") || swin_contains(name, "downsample.norm."));
    converted.insert_or_assign(swin_name(name), is_merging ? swin_unfolded(tensor) : tensor);
  }
  return converted;
}

void fit_swin_positions(const std::vector<nn::NamedTensor>& model, nn::Tensors& tensors) {
  for (const nn::NamedTensor& entry : model) {
    const auto found = tensors.find(entry.name);
    if (found == tensors.end() || found->second.sizes() == entry.tensor.sizes()) continue;
    torch::Tensor& tensor = found->second;
    if (entry.name == "absolute_pos_embed" && tensor.dim() == 3 && tensor.numel() == entry.tensor.numel()) {
      tensor = tensor.transpose(1, 2).reshape(entry.tensor.sizes());
    } else if (entry.name.ends_with("relative_position_bias_table") && tensor.dim() == 2 && tensor.size(1) == entry.tensor.size(1)) {
      const auto side = [](const torch::Tensor& table) {
        return static_cast<std::int64_t>(std::llround(std::sqrt(static_cast<double>(table.size(0)))));
      };
      const std::int64_t from = side(tensor), to = side(entry.tensor);
      if (from * from != tensor.size(0)) continue;
      const torch::Tensor maps = tensor.t().reshape({1, tensor.size(1), from, from});
      tensor = torch::upsample_bicubic2d(maps, {to, to}, /*align_corners=*/false).flatten(2).squeeze(0).t().contiguous();
    }
  }
}

}  // namespace detforge
