#include "detforge/config/python/evaluator.h"

#include <algorithm>

#include "detforge/config/python/access.h"
#include "detforge/config/python/builtins.h"
#include "detforge/config/python/iterate.h"
#include "detforge/config/python/modules.h"
#include "detforge/config/python/object_text.h"
#include "detforge/config/python/operators.h"

namespace detforge::python {

void Evaluator::provide(std::string name, std::function<Slot()> make) {
  provided_name_ = std::move(name);
  provided_ = std::move(make);
}

void Evaluator::run(const Block& block) { execute(block); }

Evaluator::Flow Evaluator::execute(const Block& block) {
  for (const Stmt& statement : block) {
    if (const Flow flow = execute(statement); flow != Flow::Next) return flow;
  }
  return Flow::Next;
}

Evaluator::Flow Evaluator::execute(const Stmt& statement) {
  try {
    current_ = statement.span;
    return std::visit([this](const auto& node) { return (*this)(node); }, statement.node);
  } catch (Error& error) {
    error.at(source_.range(statement.span));
    throw;
  }
}

Evaluator::Flow Evaluator::operator()(const ExprStmt& statement) {
  evaluate(*statement.value);
  return Flow::Next;
}

Evaluator::Flow Evaluator::operator()(const Assign& statement) {
  const Slot value = slot(*statement.value);
  for (const auto& target : statement.targets) assign(*target, value);
  return Flow::Next;
}

Evaluator::Flow Evaluator::operator()(const AugAssign& statement) {
  const Place written = place(statement.value->span);
  const Expr& target = *statement.target;
  if (const auto* subscript = target.get<Subscript>(); subscript != nullptr) {
    const Ref object = evaluate(*subscript->object);
    const Slot index = slot(*subscript->index);
    const Ref old = get_item(runtime_, object, index.value);
    const Ref value = augmented_operator(runtime_, statement.op, old, evaluate(*statement.value));
    set_item(runtime_, object, index, {value, written});
  } else if (const auto* attribute = target.get<Attribute>(); attribute != nullptr) {
    const Ref object = evaluate(*attribute->object);
    const Ref old = get_attribute(runtime_, object, attribute->name);
    const Ref value = augmented_operator(runtime_, statement.op, old, evaluate(*statement.value));
    set_attribute(runtime_, object, attribute->name, place(attribute->name_span), {value, written});
  } else {
    const Ref old = evaluate(target);
    assign(target, {augmented_operator(runtime_, statement.op, old, evaluate(*statement.value)), written});
  }
  return Flow::Next;
}

Evaluator::Flow Evaluator::operator()(const AnnAssign& statement) {
  if (statement.value != nullptr) assign(*statement.target, slot(*statement.value));
  return Flow::Next;
}

Evaluator::Flow Evaluator::operator()(const If& statement) {
  return execute(truth(evaluate(*statement.test)) ? statement.then : statement.otherwise);
}

Evaluator::Flow Evaluator::operator()(const While& statement) {
  while (truth(evaluate(*statement.test))) {
    runtime_.iterate();
    if (execute(statement.body) == Flow::Break) return Flow::Next;
  }
  return execute(statement.otherwise);
}

Evaluator::Flow Evaluator::operator()(const For& statement) {
  Cursor cursor(runtime_, evaluate(*statement.iterable));
  while (const auto item = cursor.next()) {
    runtime_.iterate();
    assign(*statement.target,
           {item->value, item->place.text != nullptr || item->place.known != nullptr ? item->place : place(statement.target->span)});
    if (execute(statement.body) == Flow::Break) return Flow::Next;
  }
  return execute(statement.otherwise);
}

bool Evaluator::catches(const Expr& type, ExceptionType raised) {
  const Ref object = evaluate(type);
  const auto matches = [&](Ref candidate) {
    const auto* function = candidate->get<Function>();
    const auto base = function == nullptr ? std::nullopt : exception_type(function->native->name);
    if (!base) raise(ExceptionType::TypeError, "'except' needs an exception, or a tuple of exceptions");
    return is_subclass(raised, *base);
  };
  if (const auto* tuple = object->get<Tuple>(); tuple != nullptr) {
    return std::any_of(tuple->items.begin(), tuple->items.end(), [&](const Slot& item) { return matches(item.value); });
  }
  return matches(object);
}

const Try::Handler* Evaluator::handler_of(const Try& statement, ExceptionType type) {
  const auto found = std::find_if(statement.handlers.begin(), statement.handlers.end(),
                                  [&](const Try::Handler& handler) { return handler.type == nullptr || catches(*handler.type, type); });
  return found == statement.handlers.end() ? nullptr : &*found;
}

Evaluator::Flow Evaluator::operator()(const Try& statement) {
  Flow flow = Flow::Next;
  try {
    const Try::Handler* handler = nullptr;
    try {
      flow = execute(statement.body);
    } catch (const Raised& raised) {
      handler = handler_of(statement, raised.type());
      if (handler == nullptr) throw;
    }
    if (handler != nullptr) flow = execute(handler->body);
    else if (flow == Flow::Next) flow = execute(statement.otherwise);
  } catch (const Error&) {
    execute(statement.finally);
    throw;
  }
  const Flow last = execute(statement.finally);
  return last != Flow::Next ? last : flow;
}

Evaluator::Flow Evaluator::operator()(const Delete& statement) {
  for (const auto& target : statement.targets) remove(*target);
  return Flow::Next;
}

Evaluator::Flow Evaluator::operator()(const Assert& statement) {
  if (truth(evaluate(*statement.test))) return Flow::Next;
  const std::string message = statement.message == nullptr ? "" : ": " + to_text(runtime_, evaluate(*statement.message));
  Raised error(ExceptionType::AssertionError, "the config's own assertion does not hold" + message);
  error.at(source_.range(statement.test->span));
  throw error;
}

Evaluator::Flow Evaluator::operator()(const Raise& statement) {
  if (statement.exception == nullptr) raise(ExceptionType::RuntimeError, "there is no exception to raise again");
  Ref exception = evaluate(*statement.exception);
  if (exception->get<Function>() != nullptr) exception = call(runtime_, exception, {});
  const auto* made = exception->get<ExceptionObject>();
  if (made == nullptr) raise(ExceptionType::TypeError, "'raise' needs an exception");
  raise(*exception_type(made->type),
        "the config itself raises " + std::string(made->type) + (made->message.empty() ? "" : ": " + made->message));
}

namespace {

Error not_importable(const std::string& module) {
  std::string known;
  for (const auto& other : module_names()) known += (known.empty() ? "" : ", ") + other;
  return Error("'" + module + "' cannot be imported: a config runs no code of others").help("these can be imported: " + known);
}

}  // namespace

Evaluator::Flow Evaluator::operator()(const Import& statement) {
  const auto module_at = [&](const std::string& name, Span span) {
    const Module* module = find_module(name);
    if (module == nullptr) throw not_importable(name).at(source_.range(span));
    return module;
  };
  for (const auto& alias : statement.aliases) {
    const bool is_from = !statement.module.empty();
    if (const std::string& module = is_from ? statement.module : alias.name; find_module(module) == nullptr) {
      // Many a config imports what it never uses; what no Python with MMDetection has fails there too.
      if (!is_usual_package(module)) throw not_importable(module).at(source_.range(is_from ? current_ : alias.span));
      globals_.erase(runtime_, runtime_.string(alias.as));
      missing_imports_.insert_or_assign(alias.as, module);
      continue;
    }
    if (is_from) {
      const Ref member = module_member(runtime_, *module_at(statement.module, current_), alias.name);
      if (member == nullptr) {
        throw Error("'" + statement.module + "' has no '" + alias.name + "' here" +
                    did_you_mean(alias.name, module_names(*find_module(statement.module))))
            .at(source_.range(alias.span));
      }
      bind(alias.as, alias.span, {member, place(alias.span)});
      continue;
    }
    const Module* module = module_at(alias.name, alias.span);
    bind(alias.as, alias.span,
         {runtime_.make({ModuleObject{alias.renamed ? module : module_at(alias.as, alias.span)}}), place(alias.span)});
  }
  return Flow::Next;
}

void Evaluator::bind(const std::string& name, Span span, Slot value) {
  Table& scope = scopes_.empty() ? globals_ : *scopes_.back();
  scope.set(runtime_, {runtime_.string(name), place(span)}, value);
}

void Evaluator::assign(const Expr& target, Slot value) {
  if (const auto* name = target.get<Name>(); name != nullptr) return bind(name->id, target.span, value);
  if (const auto* subscript = target.get<Subscript>(); subscript != nullptr) {
    const Ref object = evaluate(*subscript->object);
    try {
      return set_item(runtime_, object, slot(*subscript->index), value);
    } catch (Error& error) {
      error.at(source_.range(target.span));
      throw;
    }
  }
  if (const auto* attribute = target.get<Attribute>(); attribute != nullptr) {
    const Ref object = evaluate(*attribute->object);
    try {
      return set_attribute(runtime_, object, attribute->name, place(attribute->name_span), value);
    } catch (Error& error) {
      error.at(source_.range(attribute->name_span));
      throw;
    }
  }
  if (const auto* starred = target.get<Starred>(); starred != nullptr) return assign(*starred->value, value);
  unpack(target, target.get<Display>()->elements, value);
}

void Evaluator::unpack(const Expr& target, const std::vector<ExprPtr>& targets, Slot value) {
  const std::vector<Slot> items = collect(runtime_, value.value);
  const auto is_starred = [](const ExprPtr& element) { return element->get<Starred>() != nullptr; };
  const auto star = std::find_if(targets.begin(), targets.end(), is_starred);
  const std::size_t fixed = targets.size() - (star == targets.end() ? 0 : 1);
  if (items.size() < fixed || (star == targets.end() && items.size() > fixed)) {
    Raised error(ExceptionType::ValueError, std::to_string(items.size()) + " values for " + std::to_string(fixed) +
                                                (star == targets.end() ? "" : " or more") + " names");
    error.at(source_.range(target.span));
    throw error;
  }
  const auto placed = [&](const Slot& item) {
    return Slot{item.value, item.place.text != nullptr || item.place.known != nullptr ? item.place : value.place};
  };
  std::size_t next = 0;
  for (const auto& element : targets) {
    if (!is_starred(element)) {
      assign(*element, placed(items[next++]));
      continue;
    }
    const std::size_t count = items.size() - fixed;
    const auto begin = items.begin() + static_cast<std::ptrdiff_t>(next);
    assign(*element, {runtime_.list(std::vector<Slot>(begin, begin + static_cast<std::ptrdiff_t>(count))), value.place});
    next += count;
  }
}

void Evaluator::remove(const Expr& target) {
  try {
    if (const auto* name = target.get<Name>(); name != nullptr) {
      if (!globals_.erase(runtime_, runtime_.string(name->id))) unknown_name(name->id);
    } else if (const auto* subscript = target.get<Subscript>(); subscript != nullptr) {
      const Ref object = evaluate(*subscript->object);
      delete_item(runtime_, object, evaluate(*subscript->index));
    } else if (const auto* attribute = target.get<Attribute>(); attribute != nullptr) {
      delete_attribute(runtime_, evaluate(*attribute->object), attribute->name);
    }
  } catch (Error& error) {
    error.at(source_.range(target.span));
    throw;
  }
}

void Evaluator::unknown_name(const std::string& name) {
  if (const auto missing = missing_imports_.find(name); missing != missing_imports_.end()) throw not_importable(missing->second);
  if (const auto reason = refused_builtin(name); !reason.empty()) throw Error("'" + name + "' is not allowed: " + std::string(reason));
  std::vector<std::string> names = builtin_names();
  for (const auto& entry : globals_.entries()) names.push_back(*entry.key.value->get<std::string>());
  raise(ExceptionType::NameError, "the name '" + name + "' is not defined" + did_you_mean(name, names));
}

}  // namespace detforge::python
