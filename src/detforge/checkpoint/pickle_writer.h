#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "detforge/checkpoint/object.h"
#include "detforge/checkpoint/storages.h"

namespace detforge {

/// Writes objects as a pickle of protocol 2 that names nothing but torch's tensors and storages, its types, OrderedDict and
/// (for bytes) `_codecs.encode`: all that `torch.load(weights_only=True)` allows. An object of any other class becomes plain data,
/// the dict or the list that it holds, else its name as a text. Objects that are shared stay shared, circles of lists
/// and dicts stay circles; sets become lists.
class PickleWriter {
 public:
  enum class Ids { Zip, Legacy };  ///< persistent ids of five or of six parts

  /// Storages get the keys "0", "1", … in the order in which they are met.
  PickleWriter(const Storages& storages, Ids ids) : storages_(storages), ids_(ids) {}

  /// The pickle of `root`; once per writer. Throws `Error` for tensors beyond their storage, storages of two types and
  /// nesting beyond `checkpoint_limits`.
  std::string write(const Object& root);

  /// The storage of each key.
  const std::vector<StorageReference>& storages() const { return order_; }
  /// The classes whose objects became plain data.
  const std::set<std::string>& simplified() const { return simplified_; }

 private:
  using Elements = std::vector<const Object*>;
  using Items = std::vector<std::pair<const Object*, const Object*>>;

  void put(const Object& object);
  void put_key(const Object& object);
  void put_data(std::monostate) { text_ += 'N'; }
  void put_data(bool value) { text_ += value ? '\x88' : '\x89'; }
  void put_data(std::int64_t value);
  void put_data(double value);
  void put_data(const Object::Text& text) { put_text(text.value); }
  void put_data(const Object::Bytes& bytes);
  void put_data(const Object::BigInt& number) { put_long(number.bytes); }
  void put_data(const Object::Global& global);
  void put_data(const Object::List& list);
  void put_data(const Object::Tuple& tuple);
  void put_data(const Object::Set& set);
  void put_data(const Object::Dict& dict);
  void put_data(const StorageReference& storage);
  void put_data(const TensorReference& tensor);
  void put_data(const Record& record);

  void put_text(std::string_view text);
  void put_long(std::string_view bytes);
  /// What occurs in every tensor: remembered, and recalled the next time.
  void put_constant(const std::string& opcodes);
  void put_global(const std::string& module, const std::string& name) { put_constant("c" + module + "\n" + name + "\n"); }
  void put_ints(const std::vector<std::int64_t>& values);
  void put_elements(const Elements& elements);
  void put_items(const Items& items);
  void put_empty_ordered_dict();
  /// Remembers what was written last as `object`: before its content, so that it can lie within itself.
  void remember(const Object* object);
  void put_slot(std::size_t slot, char small, char large);
  const std::string& key_of(const StorageReference& storage);

  const Storages& storages_;
  Ids ids_;
  std::string text_;
  std::size_t depth_ = 0;
  const Object* current_ = nullptr;
  std::size_t slots_ = 0;
  std::unordered_map<const Object*, std::size_t> memo_;
  std::map<std::string, std::size_t> constants_;
  std::map<std::string, std::pair<std::string, DType>> keys_;
  std::vector<StorageReference> order_;
  std::set<std::string> simplified_;
};

}  // namespace detforge
