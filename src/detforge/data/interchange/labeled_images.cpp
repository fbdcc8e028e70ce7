#include "detforge/data/interchange/labeled_images.h"

#include <algorithm>
#include <unordered_map>

namespace detforge {

std::size_t LabeledImages::label(const std::string& name) {
  const auto found = std::find(classes.begin(), classes.end(), name);
  if (found != classes.end()) return static_cast<std::size_t>(found - classes.begin());
  classes.push_back(name);
  return classes.size() - 1;
}

std::vector<std::string> unique_stems(const LabeledImages& images) {
  std::vector<std::string> stems;
  std::unordered_map<std::string, std::string> seen;
  for (const LabeledImage& image : images.images) {
    stems.push_back(std::filesystem::path(image.file_name).stem().string());
    const auto [first, is_new] = seen.emplace(stems.back(), image.file_name);
    if (!is_new) throw Error("'" + first->second + "' and '" + image.file_name + "' would have one annotation file");
  }
  return stems;
}

}  // namespace detforge
