#include <functional>

#include "detforge/config/python/access.h"
#include "detforge/config/python/builtins.h"
#include "detforge/config/python/evaluator.h"
#include "detforge/config/python/iterate.h"
#include "detforge/config/python/object_text.h"
#include "detforge/config/python/operators.h"

namespace detforge::python {

Ref Evaluator::evaluate(const Expr& expr) {
  try {
    runtime_.work(1);
    const Span outer = std::exchange(current_, expr.span);
    const Ref result = std::visit([this](const auto& node) { return (*this)(node); }, expr.node);
    current_ = outer;
    return result;
  } catch (Error& error) {
    error.at(source_.range(expr.span));
    throw;
  }
}

Ref Evaluator::operator()(const Constant& node) {
  struct Maker {
    Runtime& runtime;
    Ref operator()(std::monostate) const { return runtime.none(); }
    Ref operator()(bool value) const { return runtime.boolean(value); }
    Ref operator()(std::int64_t value) const { return runtime.integer(value); }
    Ref operator()(double value) const { return runtime.number(value); }
    Ref operator()(const std::string& value) const { return runtime.string(value); }
    Ref operator()(const Bytes& value) const { return runtime.bytes(value.data); }
  };
  return std::visit(Maker{runtime_}, node.value);
}

Ref Evaluator::operator()(const Name& node) {
  for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
    if (const auto* found = (*scope)->find(node.id); found != nullptr) return found->value.value;
  }
  if (const auto* found = globals_.find(node.id); found != nullptr) return found->value.value;
  if (provided_ && node.id == provided_name_) {
    const Slot made = std::exchange(provided_, nullptr)();
    globals_.set(runtime_, {runtime_.string(node.id), {}}, made);
    return made.value;
  }
  if (missing_imports_.contains(node.id)) unknown_name(node.id);
  if (const Native* native = find_builtin(node.id); native != nullptr) return runtime_.make({Function{native}});
  unknown_name(node.id);
}

Ref Evaluator::operator()(const Attribute& node) {
  const Ref object = evaluate(*node.object);
  try {
    return get_attribute(runtime_, object, node.name);
  } catch (Error& error) {
    error.at(source_.range(node.name_span));
    throw;
  }
}

Ref Evaluator::operator()(const Subscript& node) {
  const Ref object = evaluate(*node.object);
  const Ref index = evaluate(*node.index);
  try {
    return get_item(runtime_, object, index);
  } catch (Error& error) {
    error.at(source_.range(node.index->span));
    throw;
  }
}

Ref Evaluator::operator()(const SliceExpr& node) {
  const Ref lower = evaluate_optional(node.lower);
  const Ref upper = evaluate_optional(node.upper);
  return runtime_.make({Slice{lower, upper, evaluate_optional(node.step)}});
}

Ref Evaluator::operator()(const Call& node) {
  const Ref function = evaluate(*node.function);
  Arguments arguments{{}, place(current_), {}, {}};
  const auto add_keyword = [&](std::string name, Place name_place, Slot value) {
    for (const Keyword& other : arguments.keywords) {
      if (other.name != name) continue;
      Raised error(ExceptionType::TypeError, "'" + name + "' is given twice");
      error.at(name_place.range()).note("first at " + other.name_place.range().text());
      throw error;
    }
    arguments.keywords.push_back({std::move(name), name_place, value});
  };
  for (const Argument& argument : node.arguments) {
    if (argument.kind == Argument::Kind::Positional) {
      arguments.positional.push_back(slot(*argument.value));
    } else if (argument.kind == Argument::Kind::Keyword) {
      add_keyword(argument.name, place(argument.name_span), slot(*argument.value));
    } else if (argument.kind == Argument::Kind::Star) {
      const std::vector<Slot> more = collect(runtime_, evaluate(*argument.value));
      arguments.positional.insert(arguments.positional.end(), more.begin(), more.end());
    } else {
      const Ref mapping = evaluate(*argument.value);
      const auto* dict = mapping->get<Dict>();
      if (dict == nullptr) raise(ExceptionType::TypeError, "'**' needs a dict, not " + a_kind(mapping));
      for (const auto& entry : dict->table.entries()) {
        runtime_.work(arguments.keywords.size());
        add_keyword(need_string(entry.key.value, "a key of a dict behind '**'"), entry.key.place, entry.value);
      }
    }
  }
  return call(runtime_, function, arguments);
}

Ref Evaluator::operator()(const Unary& node) { return unary_operator(runtime_, node.op, evaluate(*node.operand)); }

Ref Evaluator::operator()(const Binary& node) {
  const Ref left = evaluate(*node.left);
  return binary_operator(runtime_, node.op, left, evaluate(*node.right));
}

Ref Evaluator::operator()(const Compare& node) {
  Ref left = evaluate(*node.first);
  for (const auto& [op, operand] : node.rest) {
    const Ref right = evaluate(*operand);
    if (!compare(runtime_, op, left, right)) return runtime_.boolean(false);
    left = right;
  }
  return runtime_.boolean(true);
}

Ref Evaluator::operator()(const BoolOp& node) {
  Ref value = nullptr;
  for (const auto& operand : node.operands) {
    value = evaluate(*operand);
    if (truth(value) != node.is_and) break;
  }
  return value;
}

Ref Evaluator::operator()(const Conditional& node) { return evaluate(truth(evaluate(*node.test)) ? *node.then : *node.otherwise); }

Ref Evaluator::operator()(const Starred&) { throw Error("a starred value stands in a list, a tuple, a set or a call"); }

Ref Evaluator::operator()(const Walrus& node) {
  const Slot value = slot(*node.value);
  // Outside the comprehension that it may stand in.
  globals_.set(runtime_, {runtime_.string(node.name), place(current_)}, value);
  return value.value;
}

Ref Evaluator::operator()(const Display& node) {
  std::vector<Slot> items;
  items.reserve(node.elements.size());
  for (const auto& element : node.elements) {
    if (const auto* starred = element->get<Starred>(); starred != nullptr) {
      const std::vector<Slot> more = collect(runtime_, evaluate(*starred->value));
      items.insert(items.end(), more.begin(), more.end());
    } else {
      items.push_back(slot(*element));
    }
  }
  if (node.kind == Display::Kind::List) return runtime_.list(std::move(items));
  if (node.kind == Display::Kind::Tuple) return runtime_.tuple(std::move(items));
  const Ref set = runtime_.set();
  for (const Slot& item : items) set->get<Set>()->table.set(runtime_, item, {});
  return set;
}

Ref Evaluator::operator()(const DictDisplay& node) {
  const Ref made = runtime_.dict();
  Table& table = made->get<Dict>()->table;
  for (const auto& [key, value] : node.items) {
    if (key != nullptr) {
      const Slot key_slot = slot(*key);
      table.set(runtime_, key_slot, slot(*value));
      continue;
    }
    const Ref mapping = evaluate(*value);
    const auto* dict = mapping->get<Dict>();
    if (dict == nullptr) raise(ExceptionType::TypeError, "'**' needs a dict, not " + a_kind(mapping));
    for (const auto& entry : dict->table.entries()) table.set(runtime_, entry.key, entry.value);
  }
  return made;
}

void Evaluator::clause(const Comprehension& node, std::size_t index, Ref first, const std::function<void()>& body) {
  const auto& clause = node.clauses[index];
  Cursor cursor(runtime_, index == 0 ? first : evaluate(*clause.iterable));
  while (const auto item = cursor.next()) {
    runtime_.iterate();
    assign(*clause.target, *item);
    const bool wanted = std::all_of(clause.conditions.begin(), clause.conditions.end(),
                                    [&](const ExprPtr& condition) { return truth(evaluate(*condition)); });
    if (!wanted) continue;
    if (index + 1 < node.clauses.size()) this->clause(node, index + 1, nullptr, body);
    else body();
  }
}

Ref Evaluator::operator()(const Comprehension& node) {
  // The first iterable is evaluated outside: names of the comprehension do not exist yet.
  const Ref first = evaluate(*node.clauses.front().iterable);
  Table scope;
  scopes_.push_back(&scope);
  struct ScopeEnd {
    std::vector<Table*>& scopes;
    ~ScopeEnd() { scopes.pop_back(); }
  } const scope_end{scopes_};
  if (node.kind == Comprehension::Kind::Dict) {
    const Ref made = runtime_.dict();
    clause(node, 0, first, [&] {
      const Slot key = slot(*node.element);
      made->get<Dict>()->table.set(runtime_, key, slot(*node.value));
    });
    return made;
  }
  if (node.kind == Comprehension::Kind::Set) {
    const Ref made = runtime_.set();
    clause(node, 0, first, [&] { made->get<Set>()->table.set(runtime_, slot(*node.element), {}); });
    return made;
  }
  std::vector<Slot> items;
  clause(node, 0, first, [&] {
    items.push_back(slot(*node.element));
    runtime_.grow(items.size(), 0);
  });
  return node.kind == Comprehension::Kind::List ? runtime_.list(std::move(items)) : runtime_.iterator("generator", std::move(items));
}

Ref Evaluator::operator()(const FString& node) {
  std::string out;
  for (const auto& part : node.parts) {
    if (part.value == nullptr) {
      out += part.literal;
      continue;
    }
    Ref value = evaluate(*part.value);
    if (part.conversion == 'r' || part.conversion == 'a') value = runtime_.string(repr(runtime_, value));
    else if (part.conversion == 's') value = runtime_.string(to_text(runtime_, value));
    out += part.format == nullptr ? to_text(runtime_, value) : format_object(runtime_, value, *evaluate(*part.format)->get<std::string>());
    runtime_.check_string(out.size());
  }
  return runtime_.string(std::move(out));
}

}  // namespace detforge::python
