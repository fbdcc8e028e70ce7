#include "detforge/data/datasets/load_voc.h"

#include <filesystem>

#include "detforge/data/formats/voc_xml.h"
#include "detforge/media/media.h"

namespace detforge {

namespace {

namespace fs = std::filesystem;

class VocLoader {
 public:
  VocLoader(const AnnotatedDataset::Options& options, const std::vector<std::string>& classes, const VocDialect& dialect)
      : options_(options), dialect_(dialect) {
    loaded_.classes = classes;
    loaded_.has_labels_of_ignored = true;
    for (std::size_t i = 0; i < classes.size(); ++i) loaded_.labels.push_back(static_cast<std::int64_t>(i));
    loaded_.category_ids.assign(loaded_.labels.begin(), loaded_.labels.end());
  }

  LoadedAnnotations load() {
    const std::vector<std::string> names = image_names();
    for (std::size_t i = 0; i < names.size(); ++i) {
      try {
        read_image(names[i], static_cast<std::int64_t>(i));
      } catch (const Error& error) {
        loaded_.findings.skip(error);
      }
    }
    loaded_.columns.group(loaded_.images.size());
    return std::move(loaded_);
  }

 private:
  std::vector<std::string> image_names() const {
    if (!fs::is_directory(options_.ann_file)) {
      return voc_image_names(options_.ann_file, fs::path(*options_.img_prefix) / dialect_.ann_subdir);
    }
    std::vector<std::string> names;
    for (const fs::path& file : voc_xml_files(options_.ann_file)) names.push_back(file.stem().string());
    return names;
  }

  void read_image(const std::string& name, std::int64_t id) {
    const fs::path prefix = *options_.img_prefix;
    const fs::path file = prefix / dialect_.ann_subdir / (name + ".xml");
    const VocAnnotation annotation = read_voc_xml(file);
    const fs::path folder = dialect_.takes_folder_of_file ? annotation.folder : dialect_.img_subdir;
    ImageInfo image{id, (folder / (name + ".jpg")).string(), {}, {}};
    if (annotation.size) {
      image.size = *annotation.size;
      if (image.size.width <= 0 || image.size.height <= 0) loaded_.findings.note("images have a size of 0 in their XML", file.string());
    } else {
      const cv::Mat pixels = read_image_upright(prefix / image.filename);
      image.size = {pixels.rows, pixels.cols};
    }
    const auto position = static_cast<std::uint32_t>(loaded_.images.size());
    loaded_.images.push_back(std::move(image));
    loaded_.is_empty.push_back(1);
    for (std::size_t i = 0; i < annotation.objects.size(); ++i) {
      add(annotation.objects[i], position, [&] { return voc_object_place(file.string(), i); });
    }
  }

  /// The size as the file has it, which is what counts where the annotations give none.
  static cv::Mat read_image_upright(const fs::path& file) { return detforge::read_image(file, ColorMode::ColorIgnoreOrientation); }

  template <class Place>
  void add(const VocObject& object, std::uint32_t image, Place place) {
    const std::int64_t label = label_of(loaded_.classes, object.name);
    if (label < 0) {
      loaded_.findings.note("objects that are none of the classes are left out", place());
      return;
    }
    loaded_.is_empty[image] = 0;
    if (!object.problem.empty()) {
      loaded_.findings.skip(place(), object.problem);
      return;
    }
    if (!object.oddity.empty()) loaded_.findings.note(object.oddity, place());
    const auto& [xmin, ymin, xmax, ymax] = object.box_xyxy;
    const auto width = static_cast<double>(xmax - xmin);
    const auto height = static_cast<double>(ymax - ymin);
    const double smallest = dialect_.min_size_px.value_or(0);
    AnnotationColumns::Row row;
    row.image = image;
    row.category = static_cast<std::int32_t>(label);
    for (std::size_t i = 0; i < 4; ++i) row.box[i] = static_cast<float>(object.box_xyxy[i] - 1);
    if (object.is_difficult || width < smallest || height < smallest) row.use = AnnotationUse::Ignored;
    if (width <= 0 || height <= 0) loaded_.findings.note("boxes have no area", place());
    const ImageSize& size = loaded_.images[image].size;
    if (xmin > size.width || ymin > size.height || xmax < 1 || ymax < 1) {
      loaded_.findings.note("boxes lie outside of their image", place());
    }
    loaded_.columns.add(row);
  }

  const AnnotatedDataset::Options& options_;
  const VocDialect& dialect_;
  LoadedAnnotations loaded_;
};

}  // namespace

LoadedAnnotations load_voc(const AnnotatedDataset::Options& options, const std::vector<std::string>& classes, const VocDialect& dialect) {
  return VocLoader(options, classes, dialect).load();
}

VocDialect XMLOptions::dialect() const {
  if (min_size.value_or(0) != 0 && test_mode) throw ArgumentError("min_size", "can only be given where test_mode is False");
  return {min_size, img_subdir, ann_subdir, false};
}

Arguments<XMLOptions> xml_arguments() {
  return {AnnotatedDataset::arguments(), arg(&XMLOptions::min_size, "min_size", "narrower or lower boxes are ignored, px"),
          arg(&XMLOptions::img_subdir, "img_subdir", "folder of the images, below img_prefix").since_v2_27(),
          arg(&XMLOptions::ann_subdir, "ann_subdir", "folder of the XML files, below img_prefix").since_v2_27()};
}

}  // namespace detforge
