#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "detforge/checkpoint/dtype.h"

/// What a pickle holds, as data: nothing is ever called, classes that are not known become inert records.
namespace detforge {

struct Object;

/// A storage that a pickle names: its bytes lie elsewhere in the file.
struct StorageReference {
  std::string key;
  DType dtype = DType::F32;
  std::int64_t numel = 0;
  std::int64_t view_offset = 0;  ///< elements into the storage of that key (old files share storages so)
};

/// A strided view of a storage.
struct TensorReference {
  StorageReference storage;
  std::int64_t offset = 0;  ///< elements
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> stride;  ///< elements, never negative
  bool requires_grad = false;
  bool is_parameter = false;
};

/// The strides of a tensor whose elements lie one after the other in C order.
std::vector<std::int64_t> contiguous_stride(const std::vector<std::int64_t>& shape);

/// Something that Python would have built by calling `type`: what it was called with, and what was put in afterwards.
struct Record {
  std::string type;  ///< `mmcv.utils.config.ConfigDict`
  const Object* arguments = nullptr;
  const Object* state = nullptr;  ///< what `__setstate__` would get
  std::vector<const Object*> elements;
  std::vector<std::pair<const Object*, const Object*>> items;
};

struct Object {
  struct Text {
    std::string value;
  };
  struct Bytes {
    std::string value;
  };
  /// An integer of more than 64 bits, as little-endian two's complement.
  struct BigInt {
    std::string bytes;
  };
  /// A name only, `torch.FloatStorage`.
  struct Global {
    std::string name;
  };
  struct List {
    std::vector<const Object*> elements;
  };
  struct Tuple {
    std::vector<const Object*> elements;
  };
  struct Set {
    std::vector<const Object*> elements;
  };
  struct Dict {
    std::vector<std::pair<const Object*, const Object*>> items;  ///< in order
    const Object* state = nullptr;                               ///< an OrderedDict's attributes, such as `_metadata`
    bool is_ordered = false;                                     ///< an OrderedDict
  };
  std::variant<std::monostate, bool, std::int64_t, double, Text, Bytes, BigInt, Global, List, Tuple, Set, Dict, StorageReference,
               TensorReference, Record>
      data;

  template <class T>
  const T* get() const {
    return std::get_if<T>(&data);
  }
  bool is_none() const { return std::holds_alternative<std::monostate>(data); }
  /// The text of a str; null for anything else.
  const std::string* text() const {
    const Text* value = get<Text>();
    return value != nullptr ? &value->value : nullptr;
  }
  /// The last value of that str key in a dict or in a record's items; null where there is none.
  const Object* find(std::string_view key) const;
};

/// Where the objects of one file live: they may refer to each other in circles.
using ObjectHeap = std::deque<Object>;

}  // namespace detforge
