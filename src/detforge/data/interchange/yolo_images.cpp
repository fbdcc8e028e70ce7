#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <opencv2/core/mat.hpp>

#include "detforge/base/files.h"
#include "detforge/data/formats/voc_xml.h"
#include "detforge/data/interchange/labeled_images.h"
#include "detforge/media/media.h"

namespace detforge {

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> label_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".txt" && entry.path().filename() != "classes.txt") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) throw Error("the folder has no .txt file").at(folder.string());
  return files;
}

std::vector<std::string> yolo_classes(const fs::path& folder, const std::vector<std::string>& given) {
  if (!given.empty()) return given;
  for (const fs::path& file : {folder / "classes.txt", fs::absolute(folder / "..").lexically_normal() / "classes.txt"}) {
    if (fs::is_regular_file(file)) return read_lines(file);
  }
  throw Error("there is no classes.txt in the folder or above it").at(folder.string()).help("--classes names the classes");
}

fs::path image_of(const fs::path& images, const std::string& stem) {
  for (const char* extension : {".jpg", ".jpeg", ".png", ".bmp", ".JPG", ".PNG"}) {
    if (fs::is_regular_file(images / (stem + extension))) return images / (stem + extension);
  }
  throw Error("there is no image '" + stem + "'").at(images.string());
}

std::vector<double> numbers_of(const std::string& line) {
  std::vector<double> numbers;
  const char* at = line.data();
  const char* const end = at + line.size();
  while (true) {
    while (at != end && (*at == ' ' || *at == '\t')) ++at;
    if (at == end) return numbers;
    double value = 0;
    const auto [next, error] = std::from_chars(at, end, value);
    if (error != std::errc()) throw Error("the line is not made of numbers");
    numbers.push_back(value);
    at = next;
  }
}

LabeledObject object_of(const std::string& line, const ImageSize& size, std::size_t classes) {
  const std::vector<double> numbers = numbers_of(line);
  const bool is_polygon = numbers.size() >= 7 && numbers.size() % 2 == 1;
  if (numbers.size() != 5 && !is_polygon) throw Error("an object is 'label x y width height', or a label and a polygon");
  if (!(numbers[0] >= 0 && numbers[0] < static_cast<double>(classes))) throw Error("the label is that of no class");
  const auto width = static_cast<double>(size.width), height = static_cast<double>(size.height);
  LabeledObject object;
  object.label = static_cast<std::size_t>(numbers[0]);
  if (!is_polygon) {
    object.box = {(numbers[1] - numbers[3] / 2) * width, (numbers[2] - numbers[4] / 2) * height, numbers[3] * width, numbers[4] * height};
    return object;
  }
  std::vector<double> polygon;
  double left = 1, top = 1, right = 0, bottom = 0;
  for (std::size_t i = 1; i < numbers.size(); i += 2) {
    polygon.push_back(numbers[i] * width);
    polygon.push_back(numbers[i + 1] * height);
    left = std::min(left, numbers[i]);
    right = std::max(right, numbers[i]);
    top = std::min(top, numbers[i + 1]);
    bottom = std::max(bottom, numbers[i + 1]);
  }
  object.box = {left * width, top * height, (right - left) * width, (bottom - top) * height};
  object.mask = Polygons{polygon};
  return object;
}

}  // namespace

LabeledImages read_yolo_images(const fs::path& dataset, const fs::path& images, const std::vector<std::string>& classes) {
  const fs::path folder = fs::is_directory(dataset / "labels") ? dataset / "labels" : dataset;
  LabeledImages all;
  all.classes = yolo_classes(folder, classes);
  for (const fs::path& file : label_files(folder)) {
    try {
      const fs::path image_file = image_of(images, file.stem().string());
      const cv::Mat pixels = read_image(image_file);
      LabeledImage image{image_file.filename().string(), {pixels.rows, pixels.cols}};
      const std::vector<std::string> lines = read_lines(file);
      for (std::size_t i = 0; i < lines.size(); ++i) {
        try {
          image.objects.push_back(object_of(lines[i], image.size, all.classes.size()));
        } catch (const Error& error) {
          all.findings.skip(fmt::format("{}:{}", file.string(), i + 1), error.message());
        }
      }
      all.images.push_back(std::move(image));
    } catch (const Error& error) {
      all.findings.skip(error);
    }
  }
  return all;
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
