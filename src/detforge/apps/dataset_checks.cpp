#include "detforge/apps/dataset_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "detforge/data/datasets/annotated_dataset.h"
#include "detforge/eval/dataset_evaluation.h"
#include "detforge/media/media.h"

namespace detforge {
namespace {

std::string quoted(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), AnnotationFindings::listed); ++i) text += (i == 0 ? "'" : ", '") + names[i] + "'";
  if (names.size() > AnnotationFindings::listed) text += fmt::format(" and {} more", names.size() - AnnotationFindings::listed);
  return text;
}

}  // namespace

std::optional<Error> find_duplicate_classes(const Dataset& dataset) {
  std::set<std::string> seen;
  std::vector<std::string> twice;
  for (const std::string& name : dataset.classes()) {
    if (!seen.insert(name).second && std::find(twice.begin(), twice.end(), name) == twice.end()) twice.push_back(name);
  }
  if (twice.empty()) return std::nullopt;
  return Error("'classes' names " + quoted(twice) + " more than once").help("each class has one name and one label");
}

std::optional<Error> find_missing_categories(const Dataset& dataset) {
  if (dataset.size() == 0 || place_of(dataset, 0).dataset->cat_ids().empty()) return std::nullopt;
  for (const AnnotationFindings::Note& note : dataset.findings().notes()) {
    if (note.what != "classes that are no category of the file") continue;
    const bool all = note.count <= note.places.size();
    std::string names;
    for (const std::string& name : note.places) names += (names.empty() ? "" : ", ") + name;
    return Error(fmt::format("{} of the {} classes {} no category of the annotations: {}{}", note.count, dataset.classes().size(),
                             note.count == 1 ? "is" : "are", names, all ? "" : ", …"))
        .help("labels count the categories that are there: write 'classes' as the file's categories are written");
  }
  return std::nullopt;
}

std::optional<Error> find_wrong_sizes(const Dataset& dataset, const std::vector<std::size_t>& indices) {
  constexpr std::size_t most = 200;
  std::vector<std::string> wrong;
  const std::size_t count = std::min(most, indices.size());
  for (std::size_t i = 0; i < count; ++i) {
    const DatasetPlace place = place_of(dataset, indices[i * indices.size() / count]);
    const ImageInfo& image = place.dataset->image(place.index);
    if (image.size.height == 0 || image.size.width == 0) continue;
    try {
      const cv::Mat photo = read_image(std::filesystem::path(place.dataset->img_prefix()) / image.filename);
      if (photo.rows == image.size.height && photo.cols == image.size.width) continue;
      wrong.push_back(
          fmt::format("{}: {}x{}, its record says {}x{}", image.filename, photo.cols, photo.rows, image.size.width, image.size.height));
    } catch (const Error&) {
      // That an image cannot be read is another finding.
    }
  }
  if (wrong.empty()) return std::nullopt;
  Error error(fmt::format("{} of {} images looked at {} another size than the annotations say", wrong.size(), count,
                          wrong.size() == 1 ? "has" : "have"));
  for (std::size_t i = 0; i < std::min(wrong.size(), AnnotationFindings::listed); ++i) error.note(wrong[i]);
  return std::move(error.help("boxes are cut at the size that the annotations say: mend 'width' and 'height'"));
}

}  // namespace detforge
