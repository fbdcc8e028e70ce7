#include "detforge/data/interchange/yolo_line.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

#include "detforge/base/text_encoding.h"

namespace detforge {

namespace {

/// Labelling tools round: a share may be a little more than all.
constexpr double tolerance = 0.01;

std::vector<double> numbers_of(const std::string& line) {
  std::vector<double> numbers;
  std::istringstream words(line);
  for (std::string word; words >> word;) {
    double value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size()) throw Error("'" + visible(word) + "' is no number");
    if (!std::isfinite(value)) throw Error("'" + word + "' is no share of the image");
    numbers.push_back(value);
  }
  return numbers;
}

bool is_share(double number) { return number >= -tolerance && number <= 1 + tolerance; }

void check_shares(const std::vector<double>& numbers, std::size_t end) {
  for (std::size_t i = 1; i < end; ++i) {
    std::ostringstream text;
    text << numbers[i];
    if (!is_share(numbers[i])) throw Error(text.str() + " is no share of the image, which goes from 0 to 1");
  }
}

/// Whether all that follows the box are key points `x y visibility`: every third number is 0, 1 or 2, and those that are visible lie in the
/// box or one of them is a 2, which is no share.
bool looks_like_key_points(const std::vector<double>& numbers) {
  if (numbers.size() < 8 || (numbers.size() - 5) % 3 != 0 || !(numbers[3] > 0 && numbers[4] > 0)) return false;
  bool has_two = false, are_inside = true;
  for (std::size_t i = 5; i < numbers.size(); i += 3) {
    const double visibility = numbers[i + 2];
    if (visibility != 0 && visibility != 1 && visibility != 2) return false;
    has_two |= visibility == 2;
    const bool is_inside = std::abs(numbers[i] - numbers[1]) <= numbers[3] / 2 && std::abs(numbers[i + 1] - numbers[2]) <= numbers[4] / 2;
    are_inside &= visibility == 0 || is_inside;
  }
  return has_two || are_inside;
}

std::size_t label_of(double number, std::size_t classes) {
  if (!(number >= 0 && number < static_cast<double>(classes))) throw Error("the label is that of no class");
  if (number != std::floor(number)) throw Error("the label is no whole number");
  return static_cast<std::size_t>(number);
}

void set_polygon(const std::vector<double>& numbers, const ImageSize& size, LabeledObject& object) {
  const auto width = static_cast<double>(size.width), height = static_cast<double>(size.height);
  std::vector<double> polygon;
  double left = numbers[1], top = numbers[2], right = left, bottom = top;
  for (std::size_t i = 1; i < numbers.size(); i += 2) {
    polygon.push_back(numbers[i] * width);
    polygon.push_back(numbers[i + 1] * height);
    left = std::min(left, numbers[i]);
    right = std::max(right, numbers[i]);
    top = std::min(top, numbers[i + 1]);
    bottom = std::max(bottom, numbers[i + 1]);
  }
  object.box = {left * width, top * height, (right - left) * width, (bottom - top) * height};
  object.mask = Polygons{std::move(polygon)};
}

}  // namespace

YoloLine parse_yolo_line(const std::string& line, const ImageSize& size, std::size_t classes,
                         const std::optional<KeyPointShape>& key_points) {
  const std::vector<double> numbers = numbers_of(line);
  const std::size_t count = numbers.size();
  YoloLine read;
  read.has_score = count == 6;
  read.has_key_points = key_points ? count == 5 + key_points->points * key_points->numbers : looks_like_key_points(numbers);
  const bool is_polygon = !read.has_key_points && count >= 7 && count % 2 == 1;
  if (count != 5 && !read.has_score && !read.has_key_points && !is_polygon) {
    throw Error("an object is 'label x y width height', or a label and a polygon");
  }
  read.object.label = label_of(numbers[0], classes);
  check_shares(numbers, is_polygon ? count : 5);
  if (is_polygon) {
    set_polygon(numbers, size, read.object);
    return read;
  }
  if (!(numbers[3] > 0 && numbers[4] > 0)) throw Error("the box has no width or no height");
  const auto width = static_cast<double>(size.width), height = static_cast<double>(size.height);
  read.object.box = {(numbers[1] - numbers[3] / 2) * width, (numbers[2] - numbers[4] / 2) * height, numbers[3] * width,
                     numbers[4] * height};
  return read;
}

}  // namespace detforge
