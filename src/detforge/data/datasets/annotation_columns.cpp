#include "detforge/data/datasets/annotation_columns.h"

#include <limits>
#include <numeric>

#include "detforge/base/error.h"

namespace detforge {

namespace {

template <class T>
std::size_t bytes_of(const std::vector<T>& column) {
  return column.capacity() * sizeof(T);
}

std::uint32_t narrow(std::size_t position) {
  if (position >= std::numeric_limits<std::uint32_t>::max()) throw Error("the annotations are more than 32 bits can count");
  return static_cast<std::uint32_t>(position);
}

}  // namespace

void MaskColumns::add(const MaskAnnotation& mask) {
  Entry entry;
  if (const auto* polygons = std::get_if<Polygons>(&mask)) {
    entry = {narrow(polygon_ends_.size()), narrow(polygons->size()), 0, 0, Kind::Outline};
    for (const std::vector<double>& polygon : *polygons) {
      coordinates_.insert(coordinates_.end(), polygon.begin(), polygon.end());
      polygon_ends_.push_back(coordinates_.size());
    }
  } else if (const auto* rle = std::get_if<Rle>(&mask)) {
    entry = {narrow(runs_.size()), narrow(rle->counts.size()), rle->height, rle->width, Kind::Runs};
    runs_.insert(runs_.end(), rle->counts.begin(), rle->counts.end());
  }
  entries_.push_back(entry);
}

MaskAnnotation MaskColumns::operator[](std::size_t index) const {
  const Entry& entry = entries_[index];
  if (entry.kind == Kind::Absent) return {};
  if (entry.kind == Kind::Runs) {
    const auto first = runs_.begin() + entry.first;
    return Rle{entry.height, entry.width, {first, first + entry.count}};
  }
  Polygons polygons;
  polygons.reserve(entry.count);
  for (std::size_t i = entry.first; i < std::size_t{entry.first} + entry.count; ++i) {
    const std::uint64_t begin = i == 0 ? 0 : polygon_ends_[i - 1];
    polygons.emplace_back(coordinates_.begin() + static_cast<std::ptrdiff_t>(begin),
                          coordinates_.begin() + static_cast<std::ptrdiff_t>(polygon_ends_[i]));
  }
  return polygons;
}

std::size_t MaskColumns::memory_bytes() const {
  return bytes_of(entries_) + bytes_of(polygon_ends_) + bytes_of(coordinates_) + bytes_of(runs_);
}

void MaskColumns::shrink_to_fit() {
  entries_.shrink_to_fit();
  polygon_ends_.shrink_to_fit();
  coordinates_.shrink_to_fit();
  runs_.shrink_to_fit();
}

void AnnotationColumns::add(const Row& row) {
  const std::uint32_t index = narrow(boxes_.size());
  images_.push_back(row.image);
  boxes_.push_back(row.box);
  categories_.push_back(row.category);
  uses_.push_back(row.use);
  if (std::holds_alternative<std::monostate>(row.mask)) return;
  while (masks_.size() < index) masks_.add({});
  masks_.add(row.mask);
}

void AnnotationColumns::group(std::size_t images) {
  first_.assign(images + 1, 0);
  for (const std::uint32_t image : images_) ++first_[image + 1];
  std::partial_sum(first_.begin(), first_.end(), first_.begin());
  std::vector<std::uint32_t> next(first_.begin(), first_.end() - 1);
  rows_.resize(images_.size());
  for (std::size_t row = 0; row < images_.size(); ++row) rows_[next[images_[row]]++] = static_cast<std::uint32_t>(row);
  images_ = {};
  boxes_.shrink_to_fit();
  categories_.shrink_to_fit();
  uses_.shrink_to_fit();
  masks_.shrink_to_fit();
}

std::size_t AnnotationColumns::memory_bytes() const {
  return bytes_of(boxes_) + bytes_of(categories_) + bytes_of(uses_) + bytes_of(rows_) + bytes_of(first_) + masks_.memory_bytes();
}

}  // namespace detforge
