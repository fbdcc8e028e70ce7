#include "detforge/checkpoint/pickle.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstdlib>
#include <unordered_map>

#include "detforge/checkpoint/byte_reader.h"
#include "detforge/checkpoint/checkpoint_limits.h"
#include "detforge/checkpoint/raw_unicode_escape.h"

namespace detforge {
namespace {

namespace limits = checkpoint_limits;

/// A stack machine over objects. Values that a pickle may still change are kept as writable pointers.
class Machine {
 public:
  Machine(std::span<const std::byte> bytes, std::size_t begin, ObjectHeap& heap, std::size_t max_objects)
      : in_(bytes, begin), heap_(heap), max_objects_(max_objects) {}

  Pickle run() {
    const std::size_t begin = in_.position();
    for (;;) {
      const std::size_t at = in_.position();
      if (at - begin > limits::pickle_bytes) throw Error("the pickle is larger than " + std::to_string(limits::pickle_bytes) + " bytes");
      try {
        if (!step(static_cast<unsigned char>(in_.number<std::uint8_t>()))) break;
      } catch (Error& error) {
        throw std::move(error.note("pickle opcode at byte " + std::to_string(at)));
      }
    }
    return {pop(), in_.position(), std::move(globals_)};
  }

 private:
  using Elements = std::vector<const Object*>;

  Object* make(Object object) {
    if (heap_.size() >= max_objects_) throw Error("the pickle makes more than " + std::to_string(max_objects_) + " objects");
    return &heap_.emplace_back(std::move(object));
  }
  void push(Object object) { push(make(std::move(object))); }
  void push(Object* object) {
    if (stack_.size() >= limits::stack) throw Error("the pickle's stack grows beyond " + std::to_string(limits::stack));
    stack_.push_back(object);
  }
  std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  Object* pop() {
    if (stack_.size() <= floor()) throw Error("the pickle takes a value from an empty stack");
    Object* top = stack_.back();
    stack_.pop_back();
    return top;
  }
  Object& top() {
    if (stack_.size() <= floor()) throw Error("the pickle looks at an empty stack");
    return *stack_.back();
  }
  std::vector<Object*> pop_to_mark() {
    if (marks_.empty()) throw Error("the pickle has no mark where it needs one");
    std::vector<Object*> values(stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back()), stack_.end());
    stack_.resize(marks_.back());
    marks_.pop_back();
    return values;
  }
  void count_references(std::size_t count) {
    references_ += count;
    if (references_ > limits::references)
      throw Error("the pickle's containers hold more than " + std::to_string(limits::references) + " values");
  }
  Elements elements(const std::vector<Object*>& values) {
    count_references(values.size());
    return {values.begin(), values.end()};
  }

  std::uint64_t length(std::uint64_t count) {
    if (count > in_.left()) throw Error("a text of " + std::to_string(count) + " bytes is longer than the data");
    return count;
  }
  void push_text(std::uint64_t count) { push(Object{Object::Text{std::string(in_.text(length(count)))}}); }
  void push_bytes(std::uint64_t count) { push(Object{Object::Bytes{std::string(in_.text(length(count)))}}); }

  void push_long(std::uint64_t count) {
    const std::string_view bytes = in_.text(length(count));
    if (bytes.size() > sizeof(std::int64_t)) return push(Object{Object::BigInt{std::string(bytes)}});
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) value |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    const std::size_t bits = 8 * bytes.size();
    const bool negative = bits != 0 && (value >> (bits - 1) & 1U) != 0;
    if (negative && bits < 64) value |= ~std::uint64_t{0} << bits;
    push(Object{static_cast<std::int64_t>(value)});
  }

  /// Protocol 0: numbers as text.
  void push_decimal() {
    std::string_view text = in_.line(limits::name_bytes);
    if (text == "00") return push(Object{false});
    if (text == "01") return push(Object{true});
    if (text.ends_with('L')) text.remove_suffix(1);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) throw Error("'" + std::string(text) + "' is no number of 64 bits");
    push(Object{value});
  }
  void push_decimal_float() {
    const std::string text(in_.line(limits::name_bytes));
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    if (text.empty() || end != text.c_str() + text.size()) throw Error("'" + text + "' is no number");
    push(Object{value});
  }
  void push_quoted() {
    const std::string_view text = in_.line(limits::name_bytes);
    if (text.size() < 2 || text.front() != text.back() || (text.front() != '\'' && text.front() != '"'))
      throw Error("a quoted text has no quotes");
    push(Object{Object::Text{std::string(text.substr(1, text.size() - 2))}});
  }

  Object* global(std::string module, std::string_view name) {
    if (module.size() > limits::name_bytes || name.size() > limits::name_bytes) throw Error("a global's name is too long");
    std::string full = std::move(module) + "." + std::string(name);
    globals_.insert(full);
    return make(Object{Object::Global{std::move(full)}});
  }
  std::string pop_text() {
    const Object* value = pop();
    const std::string* text = value->text();
    if (text == nullptr) throw Error("the name of a global is no text");
    return *text;
  }

  void call(const Object* callable, const Object* arguments, const Object* keywords = nullptr) {
    const auto* name = callable->get<Object::Global>();
    if (name == nullptr) {
      const auto* record = callable->get<Record>();
      if (record == nullptr) throw Error("the pickle calls something that is no name");
      // What a call of an unknown thing's result would give is as unknown.
      Record result{record->type + "(…)", arguments, keywords, {}, {}};
      return push(Object{std::move(result)});
    }
    if (arguments->get<Object::Tuple>() == nullptr) throw Error("the arguments of " + name->name + " are no tuple");
    if (keywords == nullptr) {
      if (const Object* known = rebuild(name->name, *arguments, heap_)) {
        if (heap_.size() > max_objects_) throw Error("the pickle makes too many objects");
        return push(const_cast<Object*>(known));
      }
    }
    push(Object{Record{name->name, arguments, keywords, {}, {}}});
  }

  void append(Object& target, const std::vector<Object*>& values) {
    count_references(values.size());
    Elements* elements = nullptr;
    if (auto* list = std::get_if<Object::List>(&target.data)) elements = &list->elements;
    if (auto* record = std::get_if<Record>(&target.data)) elements = &record->elements;
    if (elements == nullptr) throw Error("the pickle appends to something that is no list");
    elements->insert(elements->end(), values.begin(), values.end());
  }
  void set_items(Object& target, const std::vector<Object*>& values) {
    if (values.size() % 2 != 0) throw Error("the pickle sets a key without a value");
    count_references(values.size());
    std::vector<std::pair<const Object*, const Object*>>* items = nullptr;
    if (auto* dict = std::get_if<Object::Dict>(&target.data)) items = &dict->items;
    if (auto* record = std::get_if<Record>(&target.data)) items = &record->items;
    if (items == nullptr) throw Error("the pickle sets items of something that is no dict");
    for (std::size_t i = 0; i < values.size(); i += 2) items->emplace_back(values[i], values[i + 1]);
  }
  void add_to_set(Object& target, const std::vector<Object*>& values) {
    auto* set = std::get_if<Object::Set>(&target.data);
    if (set == nullptr) throw Error("the pickle adds to something that is no set");
    count_references(values.size());
    set->elements.insert(set->elements.end(), values.begin(), values.end());
  }
  void build() {
    const Object* state = pop();
    Object& target = top();
    if (auto* record = std::get_if<Record>(&target.data)) {
      record->state = state;
    } else if (auto* dict = std::get_if<Object::Dict>(&target.data)) {
      dict->state = state;
    } else if (!std::holds_alternative<TensorReference>(target.data)) {
      throw Error("the pickle gives a state to something that has none");
    }
  }
  void new_object(bool with_keywords) {
    const Object* keywords = with_keywords ? pop() : nullptr;
    const Object* arguments = pop();
    const Object* type = pop();
    if (type->get<Object::Global>() == nullptr) throw Error("the pickle makes an object of something that is no class");
    call(type, arguments, keywords);
  }
  /// INST and OBJ: class and arguments lie above the mark.
  void instance(const Object* type, const std::vector<Object*>& arguments) {
    if (type->get<Object::Global>() == nullptr) throw Error("the pickle makes an object of something that is no class");
    call(type, make(Object{Object::Tuple{elements(arguments)}}));
  }

  void remember(std::uint64_t slot) { memo_[slot] = &top(); }
  void recall(std::uint64_t slot) {
    const auto found = memo_.find(slot);
    if (found == memo_.end()) throw Error("the pickle recalls what it never remembered");
    push(found->second);
  }
  std::uint64_t decimal_slot() {
    const std::string_view text = in_.line(limits::name_bytes);
    std::uint64_t slot = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), slot);
    if (error != std::errc() || end != text.data() + text.size()) throw Error("a memo's number is malformed");
    return slot;
  }
  Object tuple_of(std::size_t count) {
    Elements all(count);
    for (std::size_t i = count; i-- > 0;) all[i] = pop();
    count_references(count);
    return Object{Object::Tuple{std::move(all)}};
  }
  double big_endian_double() {
    std::uint64_t bits = 0;
    for (const std::byte byte : in_.take(8)) bits = bits << 8U | std::to_integer<std::uint64_t>(byte);
    return std::bit_cast<double>(bits);
  }

  /// One opcode; false at the end of the pickle.
  bool step(unsigned char opcode) {
    switch (opcode) {
      case 0x80: {
        const auto protocol = in_.number<std::uint8_t>();
        if (protocol > 5) throw Error("pickle protocol " + std::to_string(protocol) + " is not known");
        break;
      }
      case 0x95: static_cast<void>(in_.number<std::uint64_t>()); break;  // FRAME: a hint for buffering
      case '.': return false;
      case '(':
        marks_.push_back(stack_.size());
        check_marks();
        break;
      case '0': pop_or_drop_mark(); break;
      case '1': static_cast<void>(pop_to_mark()); break;
      case '2': push(&top()); break;
      case 'N': push(Object{}); break;
      case 0x88: push(Object{true}); break;
      case 0x89: push(Object{false}); break;
      case 'I':
      case 'L': push_decimal(); break;
      case 'J': push(Object{std::int64_t{in_.number<std::int32_t>()}}); break;
      case 'K': push(Object{std::int64_t{in_.number<std::uint8_t>()}}); break;
      case 'M': push(Object{std::int64_t{in_.number<std::uint16_t>()}}); break;
      case 0x8a: push_long(in_.number<std::uint8_t>()); break;
      case 0x8b: push_long(in_.number<std::uint32_t>()); break;
      case 'F': push_decimal_float(); break;
      case 'G': push(Object{big_endian_double()}); break;
      case 'S': push_quoted(); break;
      case 'V': push(Object{Object::Text{decode_raw_unicode_escape(in_.line(limits::pickle_bytes))}}); break;
      case 'T': push_text(in_.number<std::uint32_t>()); break;
      case 'U': push_text(in_.number<std::uint8_t>()); break;
      case 'X': push_text(in_.number<std::uint32_t>()); break;
      case 0x8c: push_text(in_.number<std::uint8_t>()); break;
      case 0x8d: push_text(in_.number<std::uint64_t>()); break;
      case 'B': push_bytes(in_.number<std::uint32_t>()); break;
      case 'C': push_bytes(in_.number<std::uint8_t>()); break;
      case 0x8e: push_bytes(in_.number<std::uint64_t>()); break;
      case 0x96: push_bytes(in_.number<std::uint64_t>()); break;
      case ']': push(Object{Object::List{}}); break;
      case ')': push(Object{Object::Tuple{}}); break;
      case '}': push(Object{Object::Dict{}}); break;
      case 0x8f: push(Object{Object::Set{}}); break;
      case 'l': push(Object{Object::List{elements(pop_to_mark())}}); break;
      case 't': push(Object{Object::Tuple{elements(pop_to_mark())}}); break;
      case 0x91: push(Object{Object::Set{elements(pop_to_mark())}}); break;
      case 'd': {
        const auto values = pop_to_mark();
        push(Object{Object::Dict{}});
        set_items(top(), values);
        break;
      }
      case 0x85: push(tuple_of(1)); break;
      case 0x86: push(tuple_of(2)); break;
      case 0x87: push(tuple_of(3)); break;
      case 'a': {
        Object* value = pop();
        append(top(), {value});
        break;
      }
      case 'e': {
        const auto values = pop_to_mark();
        append(top(), values);
        break;
      }
      case 's': {
        Object* value = pop();
        Object* key = pop();
        set_items(top(), {key, value});
        break;
      }
      case 'u': {
        const auto values = pop_to_mark();
        set_items(top(), values);
        break;
      }
      case 0x90: {
        const auto values = pop_to_mark();
        add_to_set(top(), values);
        break;
      }
      case 'p': remember(decimal_slot()); break;
      case 'q': remember(in_.number<std::uint8_t>()); break;
      case 'r': remember(in_.number<std::uint32_t>()); break;
      case 0x94: remember(memo_.size()); break;
      case 'g': recall(decimal_slot()); break;
      case 'h': recall(in_.number<std::uint8_t>()); break;
      case 'j': recall(in_.number<std::uint32_t>()); break;
      case 'c': {
        std::string module(in_.line(limits::name_bytes));
        push(global(std::move(module), in_.line(limits::name_bytes)));
        break;
      }
      case 0x93: {
        const std::string name = pop_text();
        push(global(pop_text(), name));
        break;
      }
      case 'R': {
        const Object* arguments = pop();
        const Object* callable = pop();
        call(callable, arguments);
        break;
      }
      case 'b': build(); break;
      case 'i': {
        std::string module(in_.line(limits::name_bytes));
        const Object* type = global(std::move(module), in_.line(limits::name_bytes));
        instance(type, pop_to_mark());
        break;
      }
      case 'o': {
        auto values = pop_to_mark();
        if (values.empty()) throw Error("the pickle makes an object without a class");
        const Object* type = values.front();
        values.erase(values.begin());
        instance(type, values);
        break;
      }
      case 0x81: new_object(false); break;
      case 0x92: new_object(true); break;
      case 'Q': push(Object{storage_of_persistent_id(*pop())}); break;
      case 'P': throw Error("persistent ids as text are not known");
      case 0x82:
      case 0x83:
      case 0x84: throw Error("the pickle uses the extension registry, which a file can not bring along");
      case 0x97:
      case 0x98: throw Error("the pickle uses out-of-band buffers, which a file can not bring along");
      default: throw Error("the pickle has an unknown opcode " + std::to_string(opcode));
    }
    return true;
  }

  void check_marks() const {
    if (marks_.size() > limits::stack) throw Error("the pickle's stack grows beyond " + std::to_string(limits::stack));
  }
  void pop_or_drop_mark() {
    if (!marks_.empty() && marks_.back() == stack_.size()) {
      marks_.pop_back();
    } else {
      static_cast<void>(pop());
    }
  }

  ByteReader in_;
  ObjectHeap& heap_;
  std::size_t max_objects_;
  std::vector<Object*> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint64_t, Object*> memo_;
  std::set<std::string> globals_;
  std::size_t references_ = 0;
};

}  // namespace

Pickle read_pickle(std::span<const std::byte> bytes, std::size_t begin, ObjectHeap& heap, std::size_t max_objects) {
  return Machine(bytes, begin, heap, max_objects).run();
}

}  // namespace detforge
