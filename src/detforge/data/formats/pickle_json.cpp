#include "detforge/data/formats/pickle_json.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <span>

#include "detforge/base/error.h"
#include "detforge/base/mapped_file.h"
#include "detforge/checkpoint/numpy_array.h"
#include "detforge/checkpoint/pickle.h"

namespace detforge {

namespace {

constexpr std::size_t max_objects = 16000000;
constexpr std::size_t max_text_bytes = std::size_t{1} << 30U;  // objects may be shared: a small file may mean a large text
constexpr std::size_t max_nesting = 64;

class PickleWriter {
 public:
  std::string take() { return std::move(text_); }

  void write(const Object& object, std::size_t depth) {
    if (depth > max_nesting) throw Error("the data are nested more than 64 deep");
    if (text_.size() > max_text_bytes) throw Error("the data are larger than 1 GiB of text");
    if (const auto array = numpy_array(object)) return write_array(*array);
    if (object.is_none()) {
      text_ += "null";
    } else if (const auto* truth = object.get<bool>()) {
      text_ += *truth ? "true" : "false";
    } else if (const auto* integer = object.get<std::int64_t>()) {
      text_ += std::to_string(*integer);
    } else if (const auto* number = object.get<double>()) {
      write_number(*number);
    } else if (const std::string* text = object.text()) {
      write_text(*text);
    } else if (const auto* bytes = object.get<Object::Bytes>()) {
      write_text(bytes->value);
    } else if (const auto* list = object.get<Object::List>()) {
      write_list(list->elements, depth);
    } else if (const auto* tuple = object.get<Object::Tuple>()) {
      write_list(tuple->elements, depth);
    } else if (const auto* dict = object.get<Object::Dict>()) {
      write_dict(dict->items, depth);
    } else {
      throw Error("the pickle holds something that is neither data nor an array");
    }
  }

 private:
  void write_number(double number) {
    if (!std::isfinite(number)) throw Error("the pickle holds a number that is not finite");
    text_ += fmt::format("{}", number);
  }

  void write_text(const std::string& text) { text_ += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace); }

  void write_list(std::span<const Object* const> elements, std::size_t depth) {
    text_ += '[';
    for (std::size_t i = 0; i < elements.size(); ++i) {
      if (i > 0) text_ += ',';
      write(*elements[i], depth + 1);
    }
    text_ += ']';
  }

  void write_dict(const std::vector<std::pair<const Object*, const Object*>>& items, std::size_t depth) {
    text_ += '{';
    for (std::size_t i = 0; i < items.size(); ++i) {
      const std::string* key = items[i].first->text();
      if (key == nullptr) throw Error("the pickle holds a dict with a key that is no text");
      if (i > 0) text_ += ',';
      write_text(*key);
      text_ += ':';
      write(*items[i].second, depth + 1);
    }
    text_ += '}';
  }

  /// Row by row; an array without elements is an empty list, whatever its shape.
  void write_array(const NumpyArray& array) {
    std::size_t next = 0;
    if (array.values.empty()) {
      text_ += "[]";
    } else {
      write_axis(array, 0, next);
    }
  }

  void write_axis(const NumpyArray& array, std::size_t axis, std::size_t& next) {
    if (axis == array.shape.size()) return write_number(array.values[next++]);
    text_ += '[';
    for (std::size_t i = 0; i < array.shape[axis]; ++i) {
      if (i > 0) text_ += ',';
      write_axis(array, axis + 1, next);
    }
    text_ += ']';
  }

  std::string text_;
};

}  // namespace

std::string json_of_pickle(const std::filesystem::path& file) {
  try {
    const MappedFile mapped(file);
    ObjectHeap heap;
    PickleWriter writer;
    writer.write(*read_pickle(mapped.bytes(), 0, heap, max_objects).root, 0);
    return writer.take();
  } catch (Error& error) {
    throw std::move(error.at(file.string()));
  }
}

}  // namespace detforge
