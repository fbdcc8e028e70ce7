#include "detforge/cli/torch/output_guard.h"

#include <set>

#include "detforge/base/input_files.h"
#include "detforge/data/datasets/annotated_dataset.h"
#include "detforge/data/datasets/dataset_config.h"
#include "detforge/eval/dataset_evaluation.h"
#include "detforge/media/media.h"

namespace detforge::cli {
namespace {

namespace fs = std::filesystem;

/// A picture's name in the folder of `--out`: photos of one name out of several folders get numbers.
std::string unused_name(const fs::path& name, std::set<std::string>& used) {
  std::string unused = name.string();
  for (int count = 2; !used.insert(unused).second; ++count) {
    unused = name.stem().string() + "_" + std::to_string(count) + name.extension().string();
  }
  return unused;
}

}  // namespace

void refuse_written_sources(const DetectRequest& request, const std::vector<ImageSource>& sources) {
  InputFiles inputs;
  for (const ImageSource& source : sources) inputs.add(source.path);
  inputs.refuse(request.json);
  inputs.refuse(request.out);
  if (request.out.empty() || !fs::is_directory(request.out)) return;
  std::set<std::string> used;
  for (const ImageSource& source : sources) {
    if (source.kind == ImageSource::Kind::Camera) continue;
    const bool is_image = source.kind == ImageSource::Kind::Image;
    const fs::path name = is_image ? color_picture_name(source.path.filename()) : fs::path(source.path.stem().string() + ".mp4");
    inputs.refuse(fs::path(request.out) / unused_name(name, used));
  }
}

void refuse_written_dataset(const TestRequest& request, const Dataset& dataset) {
  if (request.out.empty() && request.json.empty() && request.show_dir.empty()) return;
  InputFiles inputs;
  if (const Value* data = request.config.root().find("data"); data != nullptr && data->find("test") != nullptr) {
    for (const fs::path& file : dataset_files(*data->find("test"))) inputs.add(file);
  }
  const bool draws = !request.show_dir.empty() && fs::is_directory(request.show_dir);
  std::vector<fs::path> drawn;
  for (std::size_t i = 0; draws && i < dataset.size(); ++i) {
    const DatasetPlace place = place_of(dataset, i);
    const fs::path name = fs::path(place.dataset->image(place.index).filename).lexically_normal();
    inputs.add(fs::path(place.dataset->img_prefix()) / name);
    drawn.push_back(fs::path(request.show_dir) / color_picture_name(name));
    drawn.push_back(fs::path(request.show_dir) / color_picture_name(name.filename()));
  }
  for (const std::string& file : {request.out, request.out + ".partial", request.json}) inputs.refuse(file);
  for (const fs::path& file : drawn) inputs.refuse(file);
}

}  // namespace detforge::cli
