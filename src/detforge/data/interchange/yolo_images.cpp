#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <map>
#include <opencv2/core/mat.hpp>
#include <set>

#include "detforge/base/files.h"
#include "detforge/config/config.h"
#include "detforge/data/formats/voc_xml.h"
#include "detforge/data/interchange/image_files.h"
#include "detforge/data/interchange/labeled_images.h"
#include "detforge/data/interchange/yolo_line.h"
#include "detforge/media/media.h"

namespace detforge {

namespace {

namespace fs = std::filesystem;

/// What a picture and its text file have in common: their path without `images`, `labels` and the ending.
std::string key_of(fs::path relative) {
  relative.replace_extension();
  fs::path key;
  for (const fs::path& part : relative) {
    if (part != "images" && part != "labels") key /= part;
  }
  return key.generic_string();
}

/// The text files below a folder by what they have in common with their pictures.
std::map<std::string, fs::path> label_files(const fs::path& folder) {
  std::map<std::string, fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder, fs::directory_options::follow_directory_symlink)) {
    if (entry.path().extension() != ".txt" || entry.path().filename() == "classes.txt" || !entry.is_regular_file()) continue;
    files.emplace(key_of(entry.path().lexically_relative(folder)), entry.path());
  }
  if (files.empty()) throw Error("the folder has no .txt file").at(folder.string());
  return files;
}

/// What `classes.txt` or a YAML file says of a data set.
struct YoloDescription {
  std::vector<std::string> classes;
  std::optional<KeyPointShape> key_points;
};

/// `names` of a YAML file: a list, or a dict by label.
std::vector<std::string> names_in(const Value& names, const fs::path& file) {
  std::vector<std::string> classes;
  const auto text = [](const Value& name) { return name.is_string() ? name.as_string() : repr(name); };
  if (names.is_sequence()) {
    for (const Value& name : names.elements()) classes.push_back(text(name));
    return classes;
  }
  if (!names.is_dict()) throw Error("'names' must be a list, or a dict by label").at(file.string());
  for (std::size_t label = 0; label < names.size(); ++label) {
    const Value* name = names.as_dict().find(Value(static_cast<std::int64_t>(label)));
    if (name == nullptr) throw Error(fmt::format("'names' has no name for the label {}", label)).at(file.string());
    classes.push_back(text(*name));
  }
  return classes;
}

std::vector<fs::path> yaml_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const bool is_yaml = entry.path().extension() == ".yaml" || entry.path().extension() == ".yml";
    if (is_yaml && entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

void read_yaml_description(const fs::path& file, YoloDescription& description) {
  const Config config = Config::from_file(file);
  if (const Value* names = config.find("names"); names != nullptr && description.classes.empty()) {
    description.classes = names_in(*names, file);
  }
  const Value* shape = config.find("kpt_shape");
  const auto is_count = [](const Value& value) { return value.is_int() && value.as_int() > 0; };
  if (shape == nullptr || !shape->is_sequence() || shape->size() != 2 || !std::ranges::all_of(shape->elements(), is_count)) return;
  description.key_points =
      KeyPointShape{static_cast<std::size_t>(shape->elements()[0].as_int()), static_cast<std::size_t>(shape->elements()[1].as_int())};
}

/// The nearest description: in the folder, or one or two above it.
YoloDescription yolo_description(const fs::path& folder, const std::vector<std::string>& given) {
  YoloDescription description{given, {}};
  std::exception_ptr wrong_file;
  fs::path above = fs::absolute(folder).lexically_normal();
  if (!above.has_filename()) above = above.parent_path();
  for (int level = 0; level < 3; ++level, above = above.parent_path()) {
    if (description.classes.empty() && fs::is_regular_file(above / "classes.txt")) description.classes = read_lines(above / "classes.txt");
    for (const fs::path& file : yaml_files(above)) {
      try {
        read_yaml_description(file, description);
      } catch (const Error&) {
        if (!wrong_file) wrong_file = std::current_exception();  // other tools' files may lie there
      }
    }
    if (!description.classes.empty() && (level > 0 || description.key_points)) break;
  }
  if (!description.classes.empty()) return description;
  if (wrong_file) std::rethrow_exception(wrong_file);
  throw Error("there is no classes.txt in the folder or above it, and no YAML file with 'names'")
      .at(folder.string())
      .help("--classes names the classes");
}

class YoloReader {
 public:
  YoloReader(const fs::path& images, const YoloDescription& description) : images_(images), description_(description) {
    all_.classes = description.classes;
  }

  LabeledImages read(std::map<std::string, fs::path> labels) {
    std::size_t found = 0;
    for (const fs::path& picture : pictures_below(images_)) {
      const auto label = labels.find(key_of(picture));
      try {
        read_image_of(picture, label == labels.end() ? fs::path() : label->second);
        if (label == labels.end()) {
          all_.findings.note("images without a text file have no objects", picture.string());
        } else {
          ++found;
          used_.insert(label->first);
        }
      } catch (const Error& error) {
        if (label != labels.end()) used_.insert(label->first);
        all_.findings.skip(error);
      }
    }
    for (const auto& [key, file] : labels) {
      if (!used_.contains(key)) all_.findings.skip(file.string(), "there is no image '" + key + "' in " + images_.string());
    }
    if (found == 0) all_.findings.refuse();
    return std::move(all_);
  }

 private:
  void read_image_of(const fs::path& picture, const fs::path& label) {
    const cv::Mat pixels = read_image(images_ / picture);
    LabeledImage image{picture.generic_string(), {pixels.rows, pixels.cols}};
    if (!label.empty()) read_lines_of(label, image);
    all_.images.push_back(std::move(image));
  }

  void read_lines_of(const fs::path& file, LabeledImage& image) {
    const std::vector<std::string> lines = read_lines(file, EmptyLines::Keep);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (lines[i].empty()) continue;
      const std::string place = fmt::format("{}:{}", file.string(), i + 1);
      try {
        YoloLine line = parse_yolo_line(lines[i], image.size, all_.classes.size(), description_.key_points);
        if (line.has_score) all_.findings.note("scores of boxes are left out", place);
        if (line.has_key_points) all_.findings.note("key points are left out, their boxes stay", place);
        image.objects.push_back(std::move(line.object));
      } catch (const Error& error) {
        all_.findings.skip(place, error.message());
      }
    }
  }

  fs::path images_;
  const YoloDescription& description_;
  LabeledImages all_;
  std::set<std::string> used_;
};

}  // namespace

LabeledImages read_yolo_images(const fs::path& dataset, const fs::path& images, const std::vector<std::string>& classes) {
  if (!fs::is_directory(images)) throw Error("there is no folder '" + images.string() + "'").at(images.string());
  const fs::path folder = fs::is_directory(dataset / "labels") ? dataset / "labels" : dataset;
  const YoloDescription description = yolo_description(folder, classes);
  return YoloReader(images, description).read(label_files(folder));
}

ConversionLosses write_yolo_images(const LabeledImages& images, const fs::path& folder) {
  const std::vector<std::string> stems = unique_stems(images);
  fs::create_directories(folder / "labels");
  ConversionLosses losses;
  for (std::size_t i = 0; i < stems.size(); ++i) {
    const LabeledImage& image = images.images[i];
    const auto width = static_cast<double>(image.size.width), height = static_cast<double>(image.size.height);
    std::string text;
    for (const LabeledObject& object : image.objects) {
      if (width == 0 || height == 0) {
        ++losses["objects in images of unknown size"];
        continue;
      }
      if (object.is_crowd) {
        ++losses["crowds"];  // as objects they would be learnt
        continue;
      }
      if (object.is_difficult) ++losses["difficult objects (ordinary ones now)"];
      if (!std::holds_alternative<std::monostate>(object.mask)) ++losses["masks"];
      const auto& [x, y, box_width, box_height] = object.box;
      text += fmt::format("{} {} {} {} {}\n", object.label, (x + box_width / 2) / width, (y + box_height / 2) / height, box_width / width,
                          box_height / height);
    }
    atomic_write(folder / "labels" / (stems[i] + ".txt"), text);
  }
  atomic_write(folder / "classes.txt", fmt::format("{}\n", fmt::join(images.classes, "\n")));
  return losses;
}

}  // namespace detforge
